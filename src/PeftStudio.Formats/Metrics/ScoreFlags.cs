namespace PeftStudio.Formats.Metrics;

/// <summary>What a reader of a score has to know: each case is scored 0 by convention, not by measurement.</summary>
[Flags]
public enum ScoreFlags
{
    None = 0,

    /// <summary>The model says the same for every row.</summary>
    ConstantPrediction = 1,

    /// <summary>A metric's denominator was zero; that metric was set to 0.</summary>
    ZeroDenominator = 2,
}
