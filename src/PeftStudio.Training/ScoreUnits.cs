using PeftStudio.Formats.Tasks;

namespace PeftStudio.Training;

/// <summary>
/// A regression task's scores are learnt as parts of the task's range (0 to 1), so that a head that starts at zero is never far away; predictions are given in the
/// task's own units. Correlations do not change. Classification has no use for it.
/// </summary>
public sealed record ScoreUnits(double Low, double High)
{
    public static ScoreUnits Of(TaskDefinition definition) =>
        definition.Range is { } range ? new ScoreUnits(range.Minimum, range.Maximum) : new ScoreUnits(0, 1);

    public float ToUnit(float score) => (float)((score - Low) / (High - Low));

    public float FromUnit(float unit) => (float)(Low + (unit * (High - Low)));
}
