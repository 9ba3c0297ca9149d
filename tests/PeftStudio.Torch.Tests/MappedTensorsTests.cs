using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using PeftStudio.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Tests;

public sealed class MappedTensorsTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"peftstudio-{Environment.ProcessId}-{Environment.CurrentManagedThreadId}.bin");

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Bytes_are_copied_in_each_type()
    {
        using var scope = NewDisposeScope();
        MappedTensors.Copy(MemoryMarshal.AsBytes<float>([1.5f, -2f]), float32, [2]).ShouldHold(1.5, -2);
        MappedTensors.Copy(MemoryMarshal.AsBytes<Half>([(Half)1.5, (Half)(-2)]), float16, [1, 2]).ShouldHold(1.5, -2);
        MappedTensors.Copy(MemoryMarshal.AsBytes<ushort>([0x3FC0, 0xC000]), bfloat16, [2, 1]).ShouldHold(1.5, -2);
        MappedTensors.Copy(MemoryMarshal.AsBytes<long>([7, -9]), int64, [2]).ShouldHold(7, -9);
        MappedTensors.Copy([], float32, [0, 3]).shape.ShouldBe([0, 3]);
        Should.Throw<ExternalException>(() => MappedTensors.Copy(new byte[7], float32, [2])).Message.ShouldContain("has 8 bytes, but 7 were given");
    }

    [Fact]
    public void The_composition_over_bytes_gives_the_same_tensor()
    {
        using var scope = NewDisposeScope();
        var bytes = MemoryMarshal.AsBytes<float>([1f, 2f, 3f, 4f]);
        var composed = Compositions.Copy(bytes, float32, [2, 2]);
        MappedTensors.Copy(bytes, float32, [2, 2]).Equals(composed).ShouldBeTrue();
        composed.bytes = MemoryMarshal.AsBytes<float>([5f, 6f, 7f, 8f]).ToArray();
        composed.ShouldHold(5, 6, 7, 8);
        Should.Throw<ExternalException>(() => Compositions.Copy(new byte[7], float32, [2])).Message.ShouldContain("has 8 bytes, but 7 were given");
    }

    [Fact]
    public void A_mapped_tensor_is_the_files_memory_and_outlives_the_maps_handles()
    {
        File.WriteAllBytes(_file, MemoryMarshal.AsBytes<float>([1f, 2f, 3f, 4f]).ToArray());
        Tensor mapped, view;
        using (var file = MemoryMappedFile.CreateFromFile(_file, FileMode.Open))
        using (var accessor = file.CreateViewAccessor(0, 16, MemoryMappedFileAccess.ReadWrite))
        {
            mapped = MappedTensors.Map(accessor.SafeMemoryMappedViewHandle, 4, float32, [3]);
            mapped.ShouldHold(2, 3, 4);
            accessor.Write(4, 20f);
            mapped.ShouldHold(20, 3, 4);
            view = mapped.narrow(0, 1, 2);
        }
        mapped.Dispose();
        view.ShouldHold(3, 4);
        view.Dispose();
    }

    [Fact]
    public void The_map_is_let_go_with_the_last_tensor_over_it()
    {
        File.WriteAllBytes(_file, new byte[64]);
        using var file = MemoryMappedFile.CreateFromFile(_file, FileMode.Open);
        var accessor = file.CreateViewAccessor(0, 64, MemoryMappedFileAccess.Read);
        var handle = accessor.SafeMemoryMappedViewHandle;
        var mapped = MappedTensors.Map(handle, 0, float32, [16]);
        accessor.Dispose();
        Released(handle).ShouldBeFalse();
        mapped.Dispose();
        Released(handle).ShouldBeTrue();

        // A SafeHandle that waits for its last reference still gives out further ones.
        static bool Released(SafeBuffer handle)
        {
            var added = false;
            try
            {
                handle.DangerousAddRef(ref added);
            }
            catch (ObjectDisposedException)
            {
                return !added;
            }
            handle.DangerousRelease();
            return false;
        }
    }

    [Fact]
    public void Parts_off_the_grid_are_copied_and_parts_outside_refused()
    {
        using var scope = NewDisposeScope();
        byte[] bytes = [9, .. MemoryMarshal.AsBytes<float>([1f, 2f])];
        File.WriteAllBytes(_file, bytes);
        using var file = MemoryMappedFile.CreateFromFile(_file, FileMode.Open);
        using var accessor = file.CreateViewAccessor(0, bytes.Length, MemoryMappedFileAccess.Read);
        MappedTensors.Map(accessor.SafeMemoryMappedViewHandle, 1, float32, [2]).ShouldHold(1, 2);
        var buffer = accessor.SafeMemoryMappedViewHandle;
        Should.Throw<ArgumentOutOfRangeException>(() => MappedTensors.Map(buffer, 0, float32, [1 << 20]));
        Should.Throw<ArgumentOutOfRangeException>(() => MappedTensors.Map(buffer, -1, float32, [1]));
        Should.Throw<OverflowException>(() => MappedTensors.Map(buffer, 0, float32, [long.MaxValue, 3]));
    }
}
