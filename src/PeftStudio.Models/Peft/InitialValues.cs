using PeftStudio.Search.Samplers;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Peft;

/// <summary>What the first values of a trial's parameters are drawn from.</summary>
public sealed record InitialisationSeed(long StudySeed, int TrainingSeed)
{
    internal ulong For(int? layer, string site, string method) => Seeds.For(StudySeed, TrainingSeed, "initialisation", layer, site, method);
}

/// <summary>First values, drawn on the processor, so that every device starts from the same numbers.</summary>
internal static class InitialValues
{
    /// <summary>Keys and values of a prefix: as far from each other as tokens' are, or all would learn the same.</summary>
    public const double PrefixDeviation = 0.2;

    public static Tensor Zeros(long[] shape) => zeros(shape, ScalarType.Float32);

    public static Tensor Ones(long[] shape) => ones(shape, ScalarType.Float32);

    /// <summary>Kaiming's uniform with a = sqrt(5), as LoRA and the unified view draw the down side: within 1 / sqrt(in).</summary>
    public static Tensor Down(long[] shape, ulong seed) => Uniform(shape, 1 / Math.Sqrt(shape[^1]), seed);

    /// <summary>Glorot's uniform, as the sparse structure search draws the factors of a weight: within sqrt(6 / (in + out)).</summary>
    public static Tensor Glorot(long[] shape, ulong seed) => Uniform(shape, Math.Sqrt(6.0 / (shape[0] + shape[1])), seed);

    public static Tensor Normal(long[] shape, double deviation, ulong seed)
    {
        using var generator = new Generator(seed);
        return empty(shape, ScalarType.Float32).normal_(0, deviation, generator);
    }

    private static Tensor Uniform(long[] shape, double bound, ulong seed)
    {
        using var generator = new Generator(seed);
        return empty(shape, ScalarType.Float32).uniform_(-bound, bound, generator);
    }
}
