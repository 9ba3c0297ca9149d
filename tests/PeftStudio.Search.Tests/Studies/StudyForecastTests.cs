using FsCheck;
using FsCheck.Fluent;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Samplers;
using PeftStudio.Search.Studies;
using PeftStudio.Search.Tests.DesignSpaces;

namespace PeftStudio.Search.Tests.Studies;

public sealed class StudyForecastTests
{
    [Fact]
    public void CountsTrialsStepByStep()
    {
        var forecast = StudyForecast.Of(Plans.Small, Shapes.Small);

        forecast.Steps.Select(step => (step.Key.ToString(), step.Choices, step.LeastTrials, step.MostTrials)).ShouldBe(
        [
            ("S0", 1, 6, 6), ("S1", 5, 30, 30), ("S2", 3, 18, 18), ("S3", 15, 90, 90),
            ("S4.G1", 4, 0, 24), ("S4.G2", 4, 0, 24), ("S4.G3", 4, 0, 24), ("S4.G4", 4, 0, 24), ("Final", 7, 20, 28),
        ]);
        forecast.MostTrials.ShouldBe(6 + 30 + 18 + 90 + 96 + 28);
        forecast.LeastTrials.ShouldBe(6 + 30 + 18 + 90 + 24 + 20);
        forecast.Designs.ShouldBe(Refinement.Space(Plans.Small, Shapes.Small, []).Count(Shapes.Small));
        forecast.Examples.Count.ShouldBe(3);
        forecast.Examples.ShouldAllBe(example => example.Text.EndsWith('%'));
    }

    /// <summary>What a study really trains lies within what was forecast, whatever the scores.</summary>
    [Fact]
    public void TheStudyKeepsToIt() => Prop.ForAll(Gen.Choose(1, 10_000).ToArbitrary(), Gen.Choose(30, 150).ToArbitrary(), (seed, permille) =>
    {
        var plan = Plans.Small with { Seed = seed, Budget = new Budget(percent: permille / 100.0), Final = Plans.Small.Final with { Mam = seed % 2 == 0 } };
        var study = new SimulatedStudy(plan, Shapes.Small, trial => Seeds.For(seed, trial.TrainingSeed, $"{trial.Design?.Hash()}") % 97);
        var trials = study.Run().Sum(step => TrialPlans.Of(plan, study.Assets, step.Step).Count);

        var forecast = StudyForecast.Of(plan, Shapes.Small);

        // A tight budget can empty choices of a later step, which only lowers the number.
        trials.ShouldBeLessThanOrEqualTo(forecast.MostTrials);
        if (forecast.Infeasible == 0)
            trials.ShouldBeGreaterThanOrEqualTo(forecast.LeastTrials);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(8));

    [Fact]
    public void OneDesignIsTheFinalStepAlone()
    {
        var plan = Plans.Small with { Space = null, Design = Shapes.AllTuned(Shapes.Small, AllocationPattern.Uniform, Shapes.Set("lora")) };

        var forecast = StudyForecast.Of(plan, Shapes.Small);

        forecast.MostTrials.ShouldBe(4);
        forecast.Steps.ShouldHaveSingleItem().Key.Stage.ShouldBe(StageName.Final);
        forecast.Examples.ShouldHaveSingleItem();
    }

    [Fact]
    public void ContendersThatDoNotFitAreNamed() => StudyForecast
        .Of(Plans.Small with { Budget = new Budget(parameters: 20_000) }, Shapes.Small).Notes
        .ShouldContain(note => note.StartsWith("BitFit on all layers is left out", StringComparison.Ordinal));
}
