using System.Runtime.InteropServices;

namespace PeftStudio.Torch;

/// <summary>libtorch could not allocate memory, on the processor or on the device. Other errors of libtorch are plain <see cref="ExternalException"/>s.</summary>
public sealed class TorchOutOfMemoryException : ExternalException
{
    public TorchOutOfMemoryException()
    {
    }

    public TorchOutOfMemoryException(string message)
        : base(message)
    {
    }

    public TorchOutOfMemoryException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
