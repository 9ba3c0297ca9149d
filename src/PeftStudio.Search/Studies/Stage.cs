using PeftStudio.Search.Samplers;
using PeftStudio.Search.Statistics;

namespace PeftStudio.Search.Studies;

/// <summary>
/// How a step is decided: the paper's rule, best mean over a choice's sampled designs and the study's tasks. Only designs with every task finished count;
/// of equal means the lowest choice index wins. The evidence is recorded beside the rule, never in its place. Pure functions of stored rows.
/// </summary>
public static class Stage
{
    /// <param name="droppedChoices">indices of choices that a person took out of a held step.</param>
    public static StageVerdict Decide(
        StageStep step, IReadOnlyList<ScoredRun> runs, IReadOnlySet<int> droppedChoices, IReadOnlyList<string> tasks, long studySeed)
    {
        var rivals = ChoiceScores.Of(step, runs, tasks).Where(choice => !droppedChoices.Contains(choice.Choice)).ToValueList();
        var empty = rivals.Where(choice => choice.N is 0).ToValueList();
        if (rivals.Count is 0)
            return new StageVerdict.Held([], $"{step.Key}: every choice was dropped, so there is nothing to decide; take one back and retry its trials");
        if (empty.Count > 0)
            return new StageVerdict.Held(
                empty.Select(choice => choice.Choice).ToValueList(),
                $"{step.Key}: no design of {string.Join(", ", empty.Select(choice => choice.Label))} has a score on every task; retry the failed trials, or drop {(empty.Count is 1 ? "this choice" : "these choices")}");

        var evidence = Evidence(step.Key, rivals, studySeed);
        var ranked = rivals.OrderByDescending(choice => choice.Mean).ThenBy(choice => choice.Choice).ToArray();
        var winner = ranked[0];
        var runnerUp = ranked.ElementAtOrDefault(1);
        var margin = runnerUp is null ? null : PairedDifference.Of(winner.Indices, runnerUp.Indices);
        var dropped = step.Choices.Where(choice => droppedChoices.Contains(choice.Index)).Select(choice => choice.Label).ToArray();
        var text = new DecisionText(step, winner, runnerUp, margin, evidence.First(one => one.Choice == winner.Choice).BestProbability, dropped);
        return new StageVerdict.Decided(new StageDecision(
            step.Key, winner.Choice, winner.Label, evidence, runnerUp?.Choice, margin, Closed: false, text.Sentence()));
    }

    /// <summary>The present evidence of a step that may still be running: one entry for each choice that has a complete design.</summary>
    public static ValueList<ChoiceEvidence> Evidence(StageStep step, IReadOnlyList<ScoredRun> runs, IReadOnlyList<string> tasks, long studySeed) =>
        Evidence(step.Key, ChoiceScores.Of(step, runs, tasks).Where(choice => choice.N > 0).ToValueList(), studySeed);

    /// <summary>A component with one open choice is closed by definition, without trials.</summary>
    /// <param name="notes">why others are out, a sentence each.</param>
    public static StageDecision Close(StageKey key, OpenChoice only, IReadOnlyList<string>? notes = null) => new(
        key, only.Index, only.Label, Evidence: [], RunnerUp: null, Margin: null, Closed: true,
        string.Join(" ", [$"{only.Label}: the only choice left, closed by definition; nothing was run", .. notes ?? []]));

    private static ValueList<ChoiceEvidence> Evidence(StageKey key, ValueList<ChoiceScores> choices, long studySeed)
    {
        var best = BestProbability.Of(choices, new RandomKey(studySeed, key, Sample: 0).Stream("P(best)").OpenUnit);
        return choices
            .Select((choice, k) => new ChoiceEvidence(choice.Choice, choice.Label, choice.N, choice.Mean, choice.Interval, best?[k]))
            .ToValueList();
    }
}
