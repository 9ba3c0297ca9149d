namespace PeftStudio.Formats.Tasks;

/// <summary>The scores that a regression task's rows may have, both ends included.</summary>
public sealed record ScoreRange
{
    public ScoreRange(float minimum, float maximum)
    {
        if (!float.IsFinite(minimum) || !float.IsFinite(maximum) || minimum >= maximum)
            throw new InvalidTaskException(FormattableString.Invariant($"the range {minimum} to {maximum} is empty; 'regression' needs \"min\" below \"max\""));
        (Minimum, Maximum) = (minimum, maximum);
    }

    public float Minimum { get; }

    public float Maximum { get; }

    public bool Contains(float score) => score >= Minimum && score <= Maximum;
}
