namespace PeftStudio.Torch;

/// <summary>AdamW's constants (Loshchilov and Hutter 2019); the defaults are PyTorch's but for the decay, which is none.</summary>
public readonly record struct AdamWSettings(double Beta1, double Beta2, double Epsilon, double WeightDecay)
{
    public static AdamWSettings Default { get; } = new(0.9, 0.999, 1e-8, 0.0);
}
