using System.Runtime.InteropServices;

namespace PeftStudio.Torch;

/// <summary>A scalar as the native file reads it; the twin of its struct of the same name.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct Number(double Floating, long Integral, int Kind)
{
    public const int FloatingKind = 0;
    public const int IntegralKind = 1;
    public const int BooleanKind = 2;

    public static readonly Number One = Of(1L);

    public static Number Of(double value) => new(value, 0, FloatingKind);

    public static Number Of(long value) => new(0, value, IntegralKind);

    public static Number Of(bool value) => new(0, value ? 1 : 0, BooleanKind);
}
