using System.Runtime.InteropServices.Marshalling;
using TorchSharp;

namespace PeftStudio.Torch;

/// <summary>Hands a tensor's pointer over and keeps the tensor alive until the call is back.</summary>
[CustomMarshaller(typeof(torch.Tensor), MarshalMode.ManagedToUnmanagedIn, typeof(In))]
internal static class TensorMarshaller
{
    internal ref struct In
    {
        private torch.Tensor? _tensor;

        public void FromManaged(torch.Tensor? managed) => _tensor = managed;

        public readonly nint ToUnmanaged() => _tensor is null ? 0 : _tensor.Handle;

        public readonly void OnInvoked() => GC.KeepAlive(_tensor);

        public readonly void Free()
        {
        }
    }
}

/// <summary>As <see cref="TensorMarshaller"/>, for generators.</summary>
[CustomMarshaller(typeof(torch.Generator), MarshalMode.ManagedToUnmanagedIn, typeof(In))]
internal static class GeneratorMarshaller
{
    internal ref struct In
    {
        private torch.Generator? _generator;

        public void FromManaged(torch.Generator? managed) => _generator = managed;

        public readonly nint ToUnmanaged() => _generator is null ? 0 : _generator.Handle;

        public readonly void OnInvoked() => GC.KeepAlive(_generator);

        public readonly void Free()
        {
        }
    }
}
