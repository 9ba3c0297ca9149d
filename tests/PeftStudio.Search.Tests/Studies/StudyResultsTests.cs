using System.Text.Json.Nodes;
using PeftStudio.Search.Studies;
using PeftStudio.Search.Tests.DesignSpaces;

namespace PeftStudio.Search.Tests.Studies;

public sealed class StudyResultsTests
{
    [Fact]
    public void TwoRunsDifferInNothingButRun()
    {
        var first = JsonNode.Parse(CanonicalJson.Write(Results(order: 1, worker: "a")))!.AsObject();
        var second = JsonNode.Parse(CanonicalJson.Write(Results(order: 2, worker: "b")))!.AsObject();

        first.ToJsonString().ShouldNotBe(second.ToJsonString());
        first.Remove("run").ShouldBeTrue();
        second.Remove("run").ShouldBeTrue();
        first.ToJsonString().ShouldBe(second.ToJsonString());
        CanonicalJson.Write(Results(1, "a").WithoutRun()).ShouldBe(CanonicalJson.Write(Results(2, "b").WithoutRun()));
    }

    [Fact]
    public void ReadingGivesWhatWasWritten()
    {
        var results = Results(order: 1, worker: "a");

        CanonicalJson.Read<StudyResults>(CanonicalJson.Write(results)).ShouldBe(results);
    }

    private static StudyResults Results(int order, string worker)
    {
        var study = new SimulatedStudy(Plans.Small, Shapes.Small, SimulatedStudy.Preference, order);
        var past = study.Run();
        var runs = past[^1].Runs.Select(run => new FinalRun(run.Choice, run.Sample, run.Task, run.Score, run.Score + 1, run.Collapsed)).ToArray();
        return new StudyResults(
            StudyResults.CurrentFormat,
            study.Plan,
            study.Assets,
            past.Select(Step).ToValueList(),
            FinalComparison.Of(new FinalStep(past[^1].Step, []), runs, study.Plan.Tasks),
            new RunFacts(worker, "1.0", "cpu", DateTimeOffset.UnixEpoch, null, "Completed",
                [new TrialFacts(worker, past[0].Step.Key, 0, 0, "similarity", "Completed", 1, worker, DateTimeOffset.UnixEpoch, null, null)]));
    }

    private static StepResults Step(DecidedStep step) => new(
        step.Step.Key,
        step.Step.Choices.Select(choice => new ChoiceResults(choice.Index, choice.Label, choice.Paired, Dropped: false, choice.Samples.Select(sample =>
            new SampleResults(sample.Index, sample.Design?.Hash(), sample.Design, sample.Sizes, Plans.Small.Tasks.Select(task =>
            {
                var score = step.Runs.First(run => run.Choice == choice.Index && run.Sample == sample.Index && run.Task == task).Score;
                return new TaskResults(task, new TrialResult(1, new RowsScore(score, [new MetricValue("accuracy", score)], false), null, [], 10, 2, 100));
            }).ToValueList())).ToValueList())).ToValueList(),
        step.Decision);
}
