using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;
using PeftStudio.Search.Tests.DesignSpaces;

namespace PeftStudio.Search.Tests.Studies;

/// <summary>A plan's own methods stand wherever the literature's do.</summary>
public sealed class OwnMethodsTests
{
    private static readonly PeftMethod Beside = new(
        "beside", "Beside both", FunctionalForm.Bottleneck, Representations.SubLayers, InsertionForm.Parallel, Composition.Scaled, Scale: 0.5);

    private static readonly PeftMethod Vectors = new(
        "vectors", "Vectors on queries", FunctionalForm.Rescaling, ModifiedRepresentation.Query, InsertionForm.Sequential, Composition.Add);

    private static readonly StudyPlan Plan = Plans.Small with
    {
        OwnMethods = [Beside, Vectors],
        Space = new SpacePlan { Methods = ["lora", "beside"], Strategies = [[["lora"], ["beside"], ["beside", "lora"]]] },
        Training = new TrainingPlan { MethodRates = [new MethodRate("beside", 3)] },
    };

    [Fact]
    public void The_plan_is_good_and_a_whole_search_trains_them()
    {
        StudyPlanCheck.Problems(Plan, Shapes.Small).ShouldBeEmpty();
        StudyForecast.Of(Plan, Shapes.Small).Designs.ShouldBeGreaterThan(0);
        var study = new SimulatedStudy(Plan, Shapes.Small, trial => trial.Design?.Methods.Count(set => set.Contains("beside")) ?? 0);

        var steps = study.Run();

        steps[^1].Step.Choices.Select(choice => choice.Label).ShouldContain(label => label.Contains("Beside both on all layers"));
        var best = steps[^1].Step.Choices[0].Samples[0];
        best.Design!.Methods.ShouldContain(set => set.Contains("beside"));
        best.Sizes!.Sizes.Where(size => size.Method == "beside")
            .ShouldAllBe(size => size.Size >= 1 && size.ParametersPerLayer == Beside.ParametersPerLayer(Shapes.Small.Stacks[0], size.Size));
    }

    [Fact]
    public void A_trial_carries_the_definitions_that_its_design_names()
    {
        var study = new SimulatedStudy(Plan, Shapes.Small, SimulatedStudy.Preference);

        var trials = TrialPlans.Of(study.Plan, study.Assets, study.Run()[^1].Step);

        trials.Count(trial => trial.Plan is { Design: null, OwnMethods.Count: 0 }).ShouldBe(2 * 2, "full fine-tuning: two seeds, two tasks");
        trials = trials.Where(trial => trial.Plan.Design is not null).ToValueList();
        trials.ShouldContain(trial => trial.Plan.OwnMethods.Count == 0);
        trials.ShouldContain(trial => trial.Plan.OwnMethods.Count == 1);
        trials.ShouldAllBe(trial => trial.Plan.OwnMethods.Count == trial.Plan.Design!.Methods.Max(set => set.Contains("beside") ? 1 : 0) && trial.Plan.OwnMethods.All(method => method == Beside));
        trials.ShouldAllBe(trial => CanonicalJson.Read<TrialPlan>(CanonicalJson.Write(trial.Plan)) == trial.Plan);
    }

    [Fact]
    public void A_plan_without_them_keeps_its_bytes()
    {
        CanonicalJson.Write(Plans.Small).ShouldNotContain("ownMethods");
        CanonicalJson.Write(Plans.Small).ShouldNotContain("\"methods\":[{");
        CanonicalJson.Write(Plan).ShouldContain(
            """"seed":3,"ownMethods":[{"name":"beside","title":"Beside both","form":"bottleneck","representation":"attentionOutput, feedForwardOutput","insertion":"parallel","composition":"scaled","scale":0.5},{"name":"vectors","""");
        CanonicalJson.Read<StudyPlan>(CanonicalJson.Write(Plan)).ShouldBe(Plan);
    }

    public static TheoryData<string, StudyPlan, string> Wrong => new()
    {
        { "ownMethods[0].name", Plan with { OwnMethods = [Beside with { Name = "lora" }] }, "taken" },
        { "ownMethods[1].composition", Plan with { OwnMethods = [Beside, Vectors with { Composition = Composition.Gated }] }, "softmax" },
        { "space.methods[1]", Plan with { OwnMethods = [Vectors] }, "no method is called 'beside'; there are adapter" },
        { "training.methodRates[0].method", Plan with { OwnMethods = [Vectors] }, "no method is called 'beside'; there are adapter" },
        {
            "space.strategies[0][0]",
            Plan with { OwnMethods = [Beside with { Form = FunctionalForm.LowRank, Representation = ModifiedRepresentation.Query }], Space = Plan.Space! with { Strategies = [[["lora", "beside"]]] } },
            "'lora' and 'beside' both want the one place for LowRank at Query"
        },
        {
            "design.methods[1]",
            Plan with { Space = null, Design = Shapes.AllTuned(Shapes.Small, AllocationPattern.Uniform, Shapes.Set("beside"), Shapes.Set("besides")) },
            "no method is called 'besides'"
        },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_is_wrong_with_them_is_told_at_its_field(string field, StudyPlan plan, string words) =>
        StudyPlanCheck.Problems(plan, Shapes.Small).ShouldContain(problem => problem.Field == field && problem.Message.Contains(words), string.Join("\n", StudyPlanCheck.Problems(plan, Shapes.Small)));

    [Fact]
    public void Nothing_is_said_of_the_space_while_a_definition_is_wrong() =>
        StudyPlanCheck.Problems(Plan with { OwnMethods = [Beside with { Scale = 0 }, Vectors] }, Shapes.Small).Select(problem => problem.Field).ShouldBe(["ownMethods[0].scale"]);
}
