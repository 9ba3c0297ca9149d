namespace PeftStudio.Search.Tests.Statistics;

/// <summary>How many studies a simulation makes: a few hundred in the ordinary run, 10,000 where PEFTSTUDIO_FULL_SIMULATION=1.</summary>
internal static class Simulation
{
    public static readonly bool Full = string.Equals(Environment.GetEnvironmentVariable("PEFTSTUDIO_FULL_SIMULATION"), "1", StringComparison.Ordinal);

    public static readonly int Studies = Full ? 10_000 : 600;

    /// <summary>The bound in points at full size, and a wider one for the ordinary run (about 3.5 standard errors more).</summary>
    public static double Bound(double atFullSize) => Full ? atFullSize : atFullSize + 3;

    public static double Normal(this Random random) => MathNet.Numerics.Distributions.Normal.InvCDF(0, 1, random.Uniform());

    /// <summary>A draw from the open interval (0, 1).</summary>
    public static double Uniform(this Random random) => (random.NextInt64(1L << 52) + 0.5) / (1L << 52);
}
