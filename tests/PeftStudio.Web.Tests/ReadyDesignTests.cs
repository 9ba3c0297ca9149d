using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Web.Parts.NewStudy;

namespace PeftStudio.Web.Tests;

public sealed class ReadyDesignTests
{
    [Theory]
    [InlineData(6)]
    [InlineData(12)]
    [InlineData(24)]
    public void Every_structure_fits_the_backbones_depth_and_half_a_percent_of_a_base_model(int layers)
    {
        var shape = Shape(layers);
        foreach (var ready in ReadyDesign.All)
        {
            ready.Problem(shape).ShouldBeNull(ready.Key);
            DesignProblems.Of(ready.For(shape), shape, NamedMethods.All).ShouldBeEmpty(ready.Key);
            BudgetSizes.Compute(ready.For(shape), new Budget(percent: 0.5), shape, NamedMethods.All).Sizes.ShouldNotBeNull(ready.Key);
        }
    }

    [Fact]
    public void S4_is_the_papers_methods_over_the_most_even_spindle()
    {
        var design = ReadyDesign.All[0].For(Shape(12));

        design.Groupings[0].Sizes.ShouldBe([2, 4, 4, 2]);
        design.Methods.Select(set => set.ToString()).ShouldBe(["adapter+lora", "adapter+prefix", "adapter+bitfit+prefix", "bitfit+lora+prefix"]);
    }

    [Fact]
    public void A_backbone_that_is_too_shallow_is_told_so()
    {
        ReadyDesign.All.Skip(1).ShouldAllBe(ready => ready.Problem(Shape(2)) == null);
        ReadyDesign.All[0].Problem(Shape(2)).ShouldBe("needs 4 layers; the encoder has 2");
        ReadyDesign.All[0].Problem(Shape(4)).ShouldNotBeNull().ShouldStartWith("spindle: 4 layers cannot be cut into 4 groups this way");
        Should.Throw<ArgumentException>(() => ReadyDesign.All[0].For(Shape(2))).Message.ShouldContain("needs 4 layers");
    }

    private static BackboneShape Shape(int layers) => new("roberta", [new StackShape("encoder", layers, 768, 768, 3072)], 39_000_000 + (7_087_872L * layers));
}
