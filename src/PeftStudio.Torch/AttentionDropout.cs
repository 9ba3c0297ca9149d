namespace PeftStudio.Torch;

/// <summary>Which attention weights are dropped.</summary>
/// <param name="Prefix">how many of the first keys have random numbers of their own, so that they change nobody else's.</param>
public readonly record struct AttentionDropout(double Probability, ulong Seed, long Prefix = 0, ulong PrefixSeed = 0);
