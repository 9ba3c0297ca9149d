using System.Diagnostics;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Backbones;

/// <summary>Makes tensors of a checkpoint whose <paramref name="keys"/> are checked.</summary>
internal sealed class CheckpointReader(SafetensorsCheckpoint checkpoint, CheckpointKeys keys)
{
    /// <summary>A tensor of its own, outside all scopes; over the memory map where type and device allow.</summary>
    public Tensor Read(string bare, Device device, ScalarType type)
    {
        using var bytes = checkpoint.Read(keys.Keys[bare]);
        var entry = bytes.Entry;
        var stored = entry.Type switch
        {
            SafetensorsType.F32 => ScalarType.Float32,
            SafetensorsType.F16 => ScalarType.Float16,
            SafetensorsType.BF16 => ScalarType.BFloat16,
            SafetensorsType.F64 => ScalarType.Float64,
            _ => throw new UnreachableException($"{entry} was checked"),
        };
        var mapped = MappedTensors.Map(bytes.Buffer, bytes.Offset, stored, entry.Shape.AsSpan());
        if (stored == type && device.type == DeviceType.CPU)
            return mapped.DetachFromDisposeScope();
        using (mapped)
            return mapped.to(type, device, copy: true).DetachFromDisposeScope();
    }
}
