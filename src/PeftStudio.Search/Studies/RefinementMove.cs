namespace PeftStudio.Search.Studies;

/// <summary>A decided step as the refinement replays it. A step closed by definition has no choices and no runs.</summary>
public sealed record DecidedStep(StageStep Step, ValueList<ScoredRun> Runs, StageDecision Decision);

/// <summary>What a study does next.</summary>
public abstract record RefinementMove
{
    private RefinementMove()
    {
    }

    /// <summary>Train the step's designs on every task. <paramref name="Notes"/>: what a person must be told of how they were drawn.</summary>
    public sealed record RunStep(StageStep Step, ValueList<string> Notes) : RefinementMove;

    /// <summary>Record the decision; nothing is trained.</summary>
    public sealed record CloseStep(StageDecision Decision) : RefinementMove;

    /// <summary>Train the contenders in the long regime. <paramref name="LeftOut"/>: contenders that the budget excludes, a sentence each.</summary>
    public sealed record RunFinal(StageStep Step, ValueList<string> LeftOut) : RefinementMove;

    public sealed record Finished : RefinementMove;
}
