namespace PeftStudio.Storage.Rows;

/// <summary>One epoch of an attempt's learning curve, written while it runs.</summary>
public sealed class CurvePoint(long trialId, int attempt, int epoch, double loss, double score)
{
    public long TrialId { get; private set; } = trialId;

    public int Attempt { get; private set; } = attempt;

    public int Epoch { get; private set; } = epoch;

    public double Loss { get; private set; } = loss;

    /// <summary>The decision rows' score.</summary>
    public double Score { get; private set; } = score;
}
