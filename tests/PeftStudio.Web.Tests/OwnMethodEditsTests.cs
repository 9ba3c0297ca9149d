using PeftStudio.Formats.Studies;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;
using PeftStudio.Web.Parts.NewStudy;

namespace PeftStudio.Web.Tests;

public sealed class OwnMethodEditsTests
{
    private static readonly BackboneShape Shape = new("bert", [new StackShape("encoder", 12, 192, 192, 768)], 7_745_856);

    private static readonly PeftMethod Beside = new(
        "beside", "Beside both", FunctionalForm.Bottleneck, Representations.SubLayers, InsertionForm.Parallel, Composition.Scaled, Scale: 0.5);

    private static readonly StudyPlan Search = new() { Name = "s", Backbone = "sample", Tasks = ["sentiment"], Budget = new Budget(percent: 1) };

    private static readonly StudyPlan Designed = Search with { Space = null, Design = OneDesign.Uniform(12, 2, new MethodSet(["beside"])), OwnMethods = [Beside] };

    [Fact]
    public void A_new_method_is_among_the_methods_and_where_sets_are_listed_a_set()
    {
        var whole = OwnMethodEdits.Put(Search, Beside);
        whole.OwnMethods.ShouldBe([Beside]);
        whole.Space!.Methods.ShouldBe(["adapter", "prefix", "bitfit", "lora", "beside"]);
        whole.Space.Strategies.ShouldBeEmpty();
        Fits(whole);

        var listed = OwnMethodEdits.Put(Search with { Space = new SpacePlan { Strategies = [[["lora"], ["adapter", "lora"]]] } }, Beside);
        listed.Space!.Strategies.ShouldBe([[["lora"], ["adapter", "lora"], ["beside"]]]);
        Fits(listed);
    }

    [Fact]
    public void A_changed_method_keeps_its_place()
    {
        var plan = OwnMethodEdits.Put(OwnMethodEdits.Put(Search, Beside), Beside with { Name = "second", Title = "Second" });
        OwnMethodEdits.Put(plan, Beside with { Scale = 3 }).ShouldBe(plan with { OwnMethods = [Beside with { Scale = 3 }, plan.OwnMethods[1]] });
    }

    [Fact]
    public void A_method_that_leaves_takes_along_whatever_names_it()
    {
        var plan = OwnMethodEdits.Put(Search, Beside) with { Training = new TrainingPlan { MethodRates = [new MethodRate("beside", 3), new MethodRate("lora", 2)] } };
        var left = OwnMethodEdits.Remove(plan, "beside");
        left.ShouldBe(Search with { Training = new TrainingPlan { MethodRates = [new MethodRate("lora", 2)] } });
        StudyYaml.Write(left).ShouldNotContain("beside");
        Fits(left);
    }

    [Fact]
    public void A_design_is_left_without_it_and_never_without_any()
    {
        var mixed = Designed with { Design = Designed.Design! with { Methods = [new(["beside"]), new(["beside", "lora"])] } };
        OwnMethodEdits.Remove(mixed, "beside").Design!.Methods.Select(set => set.ToString()).ShouldBe(["frozen", "lora"]);
        Fits(OwnMethodEdits.Remove(mixed, "beside"));

        var alone = OwnMethodEdits.Remove(Designed, "beside");
        alone.Design!.Methods.Select(set => set.ToString()).ShouldBe(["frozen", "lora"]);
        Fits(alone);
    }

    private static void Fits(StudyPlan plan) => StudyPlanCheck.Problems(plan, Shape).ShouldBeEmpty();
}
