namespace TorchSharp.Modules;

/// <summary>TorchSharp's module of this name; here only the place of its enum, which functional.gelu takes.</summary>
public static class GELU
{
    public enum Approximate
    {
        none = 0,
        tanh = 1,
    }
}
