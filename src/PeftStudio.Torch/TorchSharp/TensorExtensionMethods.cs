using PeftStudio.Torch;

namespace TorchSharp;

public static class TensorExtensionMethods
{
    /// <summary>Bytes of one element.</summary>
    public static int ElementSize(this torch.ScalarType type) => type switch
    {
        torch.ScalarType.Byte or torch.ScalarType.Int8 or torch.ScalarType.Bool => 1,
        torch.ScalarType.Int16 or torch.ScalarType.Float16 or torch.ScalarType.BFloat16 => 2,
        torch.ScalarType.Int32 or torch.ScalarType.Float32 => 4,
        torch.ScalarType.Int64 or torch.ScalarType.Float64 or torch.ScalarType.ComplexFloat32 => 8,
        torch.ScalarType.ComplexFloat64 => 16,
        _ => throw new NotSupportedException($"elements of type {type}"),
    };

    public static float ToSingle(this torch.Tensor value) => (float)ToDouble(value);

    public static double ToDouble(this torch.Tensor value)
    {
        var number = value.Read();
        return number.Kind == Number.FloatingKind ? number.Floating : number.Integral;
    }

    public static long ToInt64(this torch.Tensor value)
    {
        var number = value.Read();
        return number.Kind == Number.FloatingKind ? (long)number.Floating : number.Integral;
    }

    public static int ToInt32(this torch.Tensor value) => checked((int)ToInt64(value));

    public static bool ToBoolean(this torch.Tensor value)
    {
        var number = value.Read();
        return number.Kind == Number.FloatingKind ? number.Floating != 0 : number.Integral != 0;
    }
}
