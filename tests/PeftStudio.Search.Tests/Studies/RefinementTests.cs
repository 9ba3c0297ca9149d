using FsCheck;
using FsCheck.Fluent;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Samplers;
using PeftStudio.Search.Studies;
using PeftStudio.Search.Tests.DesignSpaces;

namespace PeftStudio.Search.Tests.Studies;

public sealed class RefinementTests
{
    private static readonly BackboneShape Shape = Shapes.Small;

    [Fact]
    public void StagesFollowEachOtherAndTheFinalComparisonEndsThem()
    {
        var steps = new SimulatedStudy(Plans.Small, Shape, SimulatedStudy.Preference).Run();
        var tuned = steps[3].Decision.WinnerLabel.Split('+');

        steps.Select(step => step.Decision.Key.ToString()).ShouldBe(["S0", "S1", "S2", "S3", .. tuned.Select(group => $"S4.{group}"), "Final"]);
        steps.Select(step => step.Decision.Sentence).ShouldAllBe(sentence => sentence.Length > 0);
        steps[1].Decision.WinnerLabel.ShouldBe("Spindle");
        steps[2].Decision.WinnerLabel.ShouldBe("Increasing");
    }

    [Fact]
    public void AnEncoderWithADecoderIsSearchedAlike()
    {
        var plan = Plans.Small with { Budget = new Budget(percent: 6) };
        var steps = new SimulatedStudy(plan, Shapes.TwoStacks, SimulatedStudy.Preference).Run();
        var found = steps[^1].Step.Choices[0].Samples[0];

        found.Design!.Groupings.Select(grouping => grouping.Sizes.Sum()).ShouldBe([6, 8]);
        found.Sizes!.Parameters.ShouldBeLessThanOrEqualTo(plan.Budget.Cap(Shapes.TwoStacks));
        found.Sizes.Sizes.Select(size => size.Stack).Distinct().ShouldBe(["encoder", "decoder"], ignoreOrder: true);
    }

    [Fact]
    public void TheFoundDesignIsTheBestSampleOfTheLastStepsWinner()
    {
        var steps = new SimulatedStudy(Plans.Small, Shape, SimulatedStudy.Preference).Run();
        var last = steps[^2];
        var found = steps[^1].Step.Choices[0].Samples[0];
        var winners = last.Step.Choices.First(choice => choice.Index == last.Decision.Winner).Samples;
        double Mean(SampledDesign sample) => last.Runs.Where(run => run.Choice == last.Decision.Winner && run.Sample == sample.Index).Average(run => run.Score);

        winners.ShouldContain(sample => sample.Design!.Equals(found.Design));
        Mean(winners.First(sample => sample.Design!.Equals(found.Design))).ShouldBe(winners.GroupBy(sample => sample.Design).Max(same => same.Average(Mean)), 1e-9);
        Refinement.Space(Plans.Small, Shape, steps).Contains(found.Design!, Shape).ShouldBeTrue();
    }

    [Fact]
    public void ContendersStandBesideTheFoundDesignOnEverySeed()
    {
        var final = new SimulatedStudy(Plans.Small, Shape, SimulatedStudy.Preference).Run()[^1].Step;

        final.Choices.Select(choice => choice.Label).ShouldBe(
            ["Found design", "S0's best", "Adapter on all layers", "Prefix on all layers", "BitFit on all layers", "LoRA on all layers", "Full fine-tuning"]);
        final.Choices.ShouldAllBe(choice => choice.Samples.Count == 2 && choice.Samples[1].Index == 1);
        final.Choices[^1].Samples[0].Design.ShouldBeNull();
        foreach (var choice in final.Choices.SkipLast(1))
            choice.Samples.ShouldAllBe(sample => sample.Sizes!.Parameters <= Plans.Small.Budget.Cap(Shape));
    }

    [Fact]
    public void MamStandsBesideThemWhereThePlanAsksForIt()
    {
        var plan = Plans.Small with { Final = Plans.Small.Final with { SingleMethods = false, Mam = true } };

        var final = new SimulatedStudy(plan, Shape, SimulatedStudy.Preference).Run()[^1].Step;

        final.Choices.Select(choice => choice.Label).ShouldBe(["Found design", "S0's best", "MAM on all layers", "Full fine-tuning"]);
        final.Choices[2].Samples.ShouldAllBe(sample => sample.Sizes!.Parameters <= plan.Budget.Cap(Shape)
            && sample.Sizes.Sizes.All(size => size.Size >= 1) && sample.Design!.Methods.All(set => set.ToString() == "prefix+scaled-parallel"));
    }

    [Fact]
    public void ContendersThatDoNotFitAreLeftOutByName()
    {
        // BitFit on every layer of this backbone has 25,344 parameters.
        var plan = Plans.Small with { Budget = new Budget(parameters: 20_000) };
        var past = new SimulatedStudy(plan, Shape, SimulatedStudy.Preference).Run().SkipLast(1).ToArray();

        var final = Refinement.Next(plan, Shape, past).ShouldBeOfType<RefinementMove.RunFinal>();

        final.Step.Choices.ShouldNotContain(choice => choice.Label.Contains("BitFit on all"));
        final.LeftOut.ShouldContain(note => note.StartsWith("BitFit on all layers is left out", StringComparison.Ordinal));
    }

    [Fact]
    public void EqualContendersAreShownOnceWithBothLabels()
    {
        // One choice everywhere: the found design, S0's best and the single method are the same.
        var plan = Plans.Small with
        {
            Space = new SpacePlan
            {
                Groupings = [LayerPattern.Uniform],
                Allocations = [AllocationPattern.Uniform],
                TunableGroups = [[1, 2, 3, 4]],
                Methods = ["lora"],
            },
        };

        var steps = new SimulatedStudy(plan, Shape, SimulatedStudy.Preference).Run();

        steps.Select(step => step.Decision.Closed).ShouldBe([false, true, true, true, true, true, true, true, false]);
        steps[^1].Step.Choices.Select(choice => choice.Label).ShouldBe(["Found design = S0's best = LoRA on all layers", "Full fine-tuning"]);
    }

    [Fact]
    public void ADesignOfOnesOwnGoesStraightToTheFinalStep()
    {
        var design = Shapes.AllTuned(Shape, AllocationPattern.Uniform, Shapes.Set("lora"), Shapes.Set("adapter"));
        var plan = Plans.Small with { Space = null, Design = design };

        var steps = new SimulatedStudy(plan, Shape, SimulatedStudy.Preference).Run();

        var only = steps.ShouldHaveSingleItem();
        only.Step.Choices.ShouldHaveSingleItem().Samples.ShouldAllBe(sample => sample.Design!.Equals(design));
        only.Decision.Key.Stage.ShouldBe(StageName.Final);
    }

    [Fact]
    public void ADecisionOutOfOrderIsRefused()
    {
        var steps = new SimulatedStudy(Plans.Small, Shape, SimulatedStudy.Preference).Run();

        Should.Throw<ArgumentException>(() => Refinement.Next(Plans.Small, Shape, [steps[0], steps[2]])).Message.ShouldContain("S2 was decided where S1 comes next");
    }

    [Fact]
    public void AChoiceThatTheBudgetEmptiesLeavesTheOtherByDefinition()
    {
        // All four groups with BitFit never fit; one group does where it is small.
        var plan = Plans.Small with
        {
            Budget = new Budget(parameters: 12_000),
            Space = new SpacePlan { Groupings = [LayerPattern.Uniform], Allocations = [AllocationPattern.Uniform], TunableGroups = [[1], [1, 2, 3, 4]], Methods = ["bitfit"] },
        };

        var steps = new SimulatedStudy(plan, Shape, SimulatedStudy.Preference).Run();

        var tunable = steps.First(step => step.Decision.Key.Stage is StageName.TunableGroups).Decision;
        tunable.Closed.ShouldBeTrue();
        tunable.WinnerLabel.ShouldBe("G1");
        tunable.Sentence.ShouldContain("G1+G2+G3+G4 is left out");
    }

    [Fact]
    public void TheOrderInWhichRunsEndChangesNothing()
    {
        var expected = new SimulatedStudy(Plans.Small, Shape, SimulatedStudy.Preference).Run();

        for (var order = 1; order <= 5; order++)
        {
            var found = new SimulatedStudy(Plans.Small, Shape, SimulatedStudy.Preference, order).Run();
            found.Select(step => step.Step).ShouldBe(expected.Select(step => step.Step));
            found.Select(step => CanonicalJson.Write(step.Decision)).ShouldBe(expected.Select(step => CanonicalJson.Write(step.Decision)));
        }
    }

    [Fact]
    public void AnotherSeedDrawsOtherDesigns() =>
        new SimulatedStudy(Plans.Small with { Seed = 4 }, Shape, SimulatedStudy.Preference).Run()[0].Step
            .ShouldNotBe(new SimulatedStudy(Plans.Small, Shape, SimulatedStudy.Preference).Run()[0].Step);

    [Fact]
    public void WhateverTheScoresTheSpaceOnlyNarrowsAndEveryDesignLiesInIt() => Prop.ForAll(Gen.Choose(1, 10_000).ToArbitrary(), seed =>
    {
        var plan = Plans.Small with { Seed = seed };
        var steps = new SimulatedStudy(plan, Shape, trial => Scrambled(trial, seed), Order: seed).Run();
        for (var i = 0; i < steps.Count - 1; i++)
        {
            var (before, after) = (Refinement.Space(plan, Shape, steps.Take(i).ToArray()), Refinement.Space(plan, Shape, steps.Take(i + 1).ToArray()));
            after.Count(Shape).ShouldBeLessThanOrEqualTo(before.Count(Shape));
            after.Patterns.ShouldBeSubsetOf(before.Patterns);
            after.Allocations.ShouldBeSubsetOf(before.Allocations);
            after.Tunables.ShouldBeSubsetOf(before.Tunables);
            foreach (var choice in steps[i].Step.Choices)
            {
                var open = OpenChoices.Of(before, steps[i].Step.Key).First(one => one.Index == choice.Index).Space;
                choice.Samples.ShouldAllBe(sample => open.Contains(sample.Design!, Shape) && sample.Sizes!.Parameters <= plan.Budget.Cap(Shape));
            }
        }

        Refinement.Next(plan, Shape, steps).ShouldBeOfType<RefinementMove.Finished>();
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(12));

    private static double Scrambled(TrialPlan plan, int seed) =>
        Seeds.For(seed, plan.TrainingSeed, $"{plan.Task.Name} {plan.Design?.Hash()}") % 1000 / 10.0;
}
