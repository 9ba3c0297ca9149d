namespace PeftStudio.Search.Studies;

/// <summary>A step of a study's refinement as it is stored: one a (study, stage, group), decided once.</summary>
public sealed class Step
{
    public Step(int studyId, StageName stage, int group, int number, ValueList<string> notes, DateTimeOffset createdAt)
    {
        StudyId = studyId;
        Stage = stage;
        Group = group;
        Number = number;
        Notes = notes;
        CreatedAt = createdAt;
    }

    public int Id { get; private set; }

    public int StudyId { get; private set; }

    public StageName Stage { get; private set; }

    /// <summary>The layer group from 1 in S4, else 0.</summary>
    public int Group { get; private set; }

    /// <summary>The order of the study's steps, from 0.</summary>
    public int Number { get; private set; }

    /// <summary>What a person must be told of how the designs were drawn, a sentence each.</summary>
    public ValueList<string> Notes { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public StageDecision? Decision { get; private set; }

    public DateTimeOffset? DecidedAt { get; private set; }

    public StageKey Key => new(Stage, Group);

    public void Decide(StageDecision decision, DateTimeOffset now)
    {
        if (Decision is not null)
            throw new InvalidOperationException($"step {Key} of study {StudyId} is decided already: {Decision.WinnerLabel}");
        if (decision.Key != Key)
            throw new ArgumentException($"a decision of {decision.Key} cannot close step {Key} of study {StudyId}", nameof(decision));
        (Decision, DecidedAt) = (decision, now);
    }
}

/// <summary>One open choice of a step as it is stored.</summary>
public sealed class Choice(int stepId, int index, string label, bool paired)
{
    public int Id { get; private set; }

    public int StepId { get; private set; } = stepId;

    public int Index { get; private set; } = index;

    public string Label { get; private set; } = label;

    public bool Paired { get; private set; } = paired;

    /// <summary>A person took the choice out of a held step; its runs stay in the tables and out of the decision.</summary>
    public bool Dropped { get; private set; }

    public void Drop() => Dropped = true;
}
