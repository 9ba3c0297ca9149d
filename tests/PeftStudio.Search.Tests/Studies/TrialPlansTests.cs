using PeftStudio.Search.Studies;
using PeftStudio.Search.Tests.DesignSpaces;

namespace PeftStudio.Search.Tests.Studies;

public sealed class TrialPlansTests
{
    [Fact]
    public void ChoicesFillUpTogetherIndexByIndex()
    {
        var study = new SimulatedStudy(Plans.Small, Shapes.Small, SimulatedStudy.Preference);
        var grouping = study.Run()[1].Step;

        var trials = TrialPlans.Of(study.Plan, study.Assets, grouping);

        trials.Count.ShouldBe(5 * 3 * 2);
        trials.Select(trial => (trial.Sample, trial.Choice)).ShouldBe(trials.Select(trial => (trial.Sample, trial.Choice)).Order());
        trials.Take(2).Select(trial => trial.Task).ShouldBe(["similarity", "sentiment"]);
        trials.ShouldAllBe(trial => trial.Plan.TrainingSeed == trial.Sample && !trial.Plan.KeepAdapter && trial.Plan.Evaluate == EvaluationRows.Decision);
        trials.ShouldAllBe(trial => trial.Plan.Epochs == 3 && trial.Plan.TrainingRows == 1000);
    }

    [Fact]
    public void TheFinalStepRunsLongReadsDevAndKeepsAdaptersButNotFullFineTuning()
    {
        var study = new SimulatedStudy(Plans.Small, Shapes.Small, SimulatedStudy.Preference);

        var trials = TrialPlans.Of(study.Plan, study.Assets, study.Run()[^1].Step);

        trials.ShouldAllBe(trial => trial.Plan.Epochs == 10 && trial.Plan.TrainingRows == null && trial.Plan.Evaluate == EvaluationRows.DecisionThenDev);
        trials.ShouldAllBe(trial => trial.Plan.KeepAdapter == (trial.Plan.Design != null));
        trials.ShouldContain(trial => trial.Plan.Design == null);
    }

    [Fact]
    public void ATaskWithoutItsAssetIsNamed()
    {
        var study = new SimulatedStudy(Plans.Small, Shapes.Small, SimulatedStudy.Preference);

        Should.Throw<ArgumentException>(() => TrialPlans.Of(study.Plan with { Tasks = ["rte"] }, study.Assets, study.Run()[0].Step)).Message.ShouldContain("'rte'");
    }
}
