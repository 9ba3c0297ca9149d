using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;
using PeftStudio.Search.Tests.DesignSpaces;

namespace PeftStudio.Search.Tests.Studies;

/// <summary>A whole search over methods with sizes of their own.</summary>
public sealed class OwnSizesStudyTests
{
    private static readonly PeftMethod Slim = NamedMethods.ScaledParallel with { Name = "slim", Title = "Slim", Size = 2 };

    /// <summary>19,442 parameters a layer of width 192: at 1 % of the backbone it fits on three layers, not on twelve.</summary>
    private static readonly PeftMethod Wide = NamedMethods.ScaledParallel with { Name = "wide", Title = "Wide", Size = 50 };

    private static readonly StudyPlan Plan = Plans.Small with
    {
        OwnMethods = [Slim, Wide],
        Space = new SpacePlan { Methods = ["lora", "slim", "wide"], Strategies = [[["lora"], ["slim"], ["wide"], ["lora", "slim"]]] },
    };

    [Fact]
    public void Every_design_has_them_at_their_sizes_and_the_final_comparison_too()
    {
        StudyPlanCheck.Problems(Plan, Shapes.Small).ShouldBeEmpty();
        var study = new SimulatedStudy(Plan, Shapes.Small, SimulatedStudy.Preference);

        var steps = study.Run();

        var sizes = steps.SelectMany(step => step.Step.Choices).SelectMany(choice => choice.Samples).Select(sample => sample.Sizes).OfType<DesignSizes>().ToArray();
        sizes.ShouldAllBe(of => of.Parameters <= Plan.Budget.Cap(Shapes.Small));
        var held = sizes.SelectMany(of => of.Sizes).Where(size => size.Method != "lora").ToArray();
        held.Select(size => size.Method).Distinct().ShouldBe(["slim", "wide"], ignoreOrder: true);
        held.ShouldAllBe(size => size.Size == (size.Method == "slim" ? 2 : 50) && size.ParametersPerLayer == 192 + (size.Size * 385));
        var alone = steps[^1].Step.Choices.Single(choice => choice.Label.Contains("Slim on all layers"));
        alone.Samples.ShouldAllBe(sample => sample.Sizes!.Parameters == 12 * (192 + (2 * 385)));
    }

    [Fact]
    public void What_does_not_fit_is_counted_and_left_out_by_name()
    {
        var forecast = StudyForecast.Of(Plan, Shapes.Small);

        forecast.Infeasible.ShouldBeGreaterThan(0);
        forecast.Infeasible.ShouldBeLessThan(forecast.Designs);
        forecast.Notes.ShouldContain(note => note.StartsWith("Wide on all layers is left out: at its smallest the design has 233,304 trainable parameters", StringComparison.Ordinal) && note.Contains("methods of smaller sizes"));
        StudyPlanCheck.Problems(Plan with { Budget = new Budget(parameters: 100) }, Shapes.Small).ShouldHaveSingleItem().Field.ShouldBe("budget");
    }
}
