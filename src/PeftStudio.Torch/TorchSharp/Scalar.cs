using PeftStudio.Torch;

namespace TorchSharp;

/// <summary>A number with its kind, as an operand of a tensor operation.</summary>
public sealed class Scalar : IDisposable
{
    internal readonly Number Value;

    private Scalar(Number value, torch.ScalarType type)
    {
        Value = value;
        Type = type;
    }

    public torch.ScalarType Type { get; }

    public static implicit operator Scalar(bool value) => new(Number.Of(value), torch.ScalarType.Bool);

    public static implicit operator Scalar(byte value) => new(Number.Of((long)value), torch.ScalarType.Byte);

    public static implicit operator Scalar(short value) => new(Number.Of((long)value), torch.ScalarType.Int16);

    public static implicit operator Scalar(int value) => new(Number.Of((long)value), torch.ScalarType.Int32);

    public static implicit operator Scalar(long value) => new(Number.Of(value), torch.ScalarType.Int64);

    public static implicit operator Scalar(float value) => new(Number.Of(value), torch.ScalarType.Float32);

    public static implicit operator Scalar(double value) => new(Number.Of(value), torch.ScalarType.Float64);

    /// <summary>Nothing to free here; TorchSharp's scalars are native, so its callers may dispose them.</summary>
    public void Dispose()
    {
    }
}

public static class ScalarExtensionMethods
{
    public static Scalar ToScalar(this bool value) => value;

    public static Scalar ToScalar(this int value) => value;

    public static Scalar ToScalar(this long value) => value;

    public static Scalar ToScalar(this float value) => value;

    public static Scalar ToScalar(this double value) => value;
}
