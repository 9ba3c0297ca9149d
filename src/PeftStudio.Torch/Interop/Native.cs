using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using TorchSharp;

[assembly: DisableRuntimeMarshalling]

namespace PeftStudio.Torch;

/// <summary>The entry points of native/peftstudio_torch.cpp, and what their statuses become.</summary>
internal static unsafe partial class Native
{
    internal const string Library = "peftstudio_torch";
    private const int OutOfMemory = 2;

    // An explicit static constructor: the resolver must stand before the first entry point is bound.
    static Native() => NativeLibrary.SetDllImportResolver(typeof(Native).Assembly, (name, _, _) => name == Library ? NativeRuntime.Load() : 0);

    internal static void Done(int status)
    {
        if (status != 0)
            throw Failure(status);
    }

    internal static torch.Tensor Made(int status, nint handle)
    {
        if (status != 0)
            throw Failure(status);
        return new torch.Tensor(handle);
    }

    internal static torch.Tensor? MadeOrNull(int status, nint handle)
    {
        if (status != 0)
            throw Failure(status);
        return handle == 0 ? null : new torch.Tensor(handle);
    }

    internal static bool Yes(int status, int answer)
    {
        if (status != 0)
            throw Failure(status);
        return answer != 0;
    }

    internal static nint[] Handles(IList<torch.Tensor>? tensors)
    {
        if (tensors is null || tensors.Count == 0)
            return [];
        var handles = new nint[tensors.Count];
        for (var i = 0; i < handles.Length; i++)
            handles[i] = tensors[i].Handle;
        return handles;
    }

    internal delegate int TextReader(byte* buffer, int capacity, out int length);

    internal static string Text(TextReader read)
    {
        const int Room = 16 * 1024;
        var buffer = stackalloc byte[Room];
        Done(read(buffer, Room, out var length));
        return Encoding.UTF8.GetString(buffer, Math.Min(length, Room));
    }

    private static ExternalException Failure(int status)
    {
        const int Room = 4 * 1024;
        var buffer = stackalloc byte[Room];
        var length = pst_last_error(buffer, Room);
        var message = Encoding.UTF8.GetString(buffer, Math.Min(length, Room));
        return status == OutOfMemory ? new TorchOutOfMemoryException(message) : new ExternalException(message);
    }
}
