namespace PeftStudio.Search.Studies;

/// <summary>What became of a step whose trials have all ended.</summary>
public abstract record StageVerdict
{
    private StageVerdict()
    {
    }

    public sealed record Decided(StageDecision Decision) : StageVerdict;

    /// <summary>Choices without a single complete design hold the step until a person retries their trials or drops them.</summary>
    public sealed record Held(ValueList<int> Choices, string Message) : StageVerdict;
}
