using PeftStudio.Torch;
using static TorchSharp.torch;

namespace PeftStudio.Models.Backbones;

/// <summary>
/// What a forward pass depends on besides inputs and weights: whether values are dropped, and the trial's random numbers for it. One thread at a time.
/// </summary>
public sealed class ForwardContext
{
    /// <summary>Nothing is dropped. Gradients are recorded or not as the caller's gradient mode says.</summary>
    public static readonly ForwardContext Evaluation = new(null, null);

    private readonly double? dropout;
    private ulong? state;

    private ForwardContext(ulong? seed, double? dropout) => (state, this.dropout) = (seed, dropout);

    public bool IsTraining => state is not null;

    /// <param name="seed">equal seeds give equal masks for equal batches, whatever methods the layers carry.</param>
    /// <param name="dropout">in the place of every probability of the backbone; null: the backbone's own.</param>
    public static ForwardContext Training(ulong seed, double? dropout = null)
    {
        if (dropout is { } p && !(p >= 0 && p < 1))
            throw new ArgumentOutOfRangeException(nameof(dropout), dropout, "a probability from 0 to below 1 is wanted");
        return new ForwardContext(seed, dropout);
    }

    /// <summary>The input with values dropped and the rest scaled up; the input itself in evaluation.</summary>
    internal Tensor Dropped(Tensor input, double probability)
    {
        var p = dropout ?? probability;
        return state is null || p == 0 ? input : Kernels.Dropped(input, residual: null, p, NextSeed());
    }

    /// <summary>residual + <see cref="Dropped(Tensor, double)"/>; the input, which nobody else may want, can be overwritten.</summary>
    internal Tensor DroppedOnto(Tensor residual, Tensor input, double probability)
    {
        var p = dropout ?? probability;
        return state is null || p == 0 ? input.add_(residual) : Kernels.Dropped(input, residual, p, NextSeed());
    }

    /// <summary>The dropping of attention weights; none in evaluation.</summary>
    /// <param name="prefix">Keys that a prefix puts in front draw from seeds of their own, so that designs with and without one share all others (common random numbers).</param>
    internal AttentionDropout Attention(double probability, long prefix)
    {
        var p = dropout ?? probability;
        if (state is null || p == 0)
            return default;
        var seed = NextSeed();
        return new AttentionDropout(p, seed, prefix, ~seed);
    }

    // SplitMix64 (Steele, Lea, Flood 2014): one seed a mask.
    private ulong NextSeed()
    {
        var z = (state = unchecked(state!.Value + 0x9E3779B97F4A7C15)).Value;
        unchecked
        {
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
