using System.Text;
using PeftStudio.Formats.Backbones;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;

namespace PeftStudio.Models.Tests;

public sealed class InsertionPlanTests
{
    private static readonly BackboneConfig Config = Described(layers: 4);
    private static readonly BackboneShape Shape = Config.Shape();

    public static TheoryData<PeftMethod, string> NotBuilt() => new()
    {
        { NamedMethods.Lora with { Insertion = InsertionForm.Sequential }, "Sequential" },
        { NamedMethods.Prefix with { Insertion = InsertionForm.Sequential }, "Parallel" },
        { NamedMethods.LayerNorm with { Representation = ModifiedRepresentation.Key }, "Key" },
        { NamedMethods.Ia3 with { Representation = ModifiedRepresentation.Norms }, "Norms" },
        { NamedMethods.BitFit with { Insertion = InsertionForm.BeforeResidual }, "BeforeResidual" },
        { NamedMethods.LowRankAdapter with { Form = FunctionalForm.LowRank, Representation = ModifiedRepresentation.Query }, "Query" },
        { NamedMethods.Adapter with { Representation = ModifiedRepresentation.Query }, "Query" },
        { NamedMethods.Adapter with { Scale = 4 }, "adapter" },
        { NamedMethods.Lora with { Representation = ModifiedRepresentation.AttentionHeads }, "AttentionHeads" },
        { NamedMethods.Lora with { Composition = Composition.Gated }, "Gated" },
        { NamedMethods.BitFit with { Representation = ModifiedRepresentation.None }, "None" },
    };

    [Theory]
    [MemberData(nameof(NotBuilt))]
    public void A_combination_that_is_not_built_is_refused_by_name(PeftMethod method, string named)
    {
        var message = Should.Throw<ArgumentException>(() => Plan([method], method.Name)).Message;
        message.ShouldContain(method.Name);
        message.ShouldContain(named);
    }

    [Fact]
    public void A_design_of_another_depth_an_unknown_method_and_a_missing_size_are_refused()
    {
        var (design, sizes) = MethodCases.Parse("lora|-|-|-", Shape);
        Should.Throw<ArgumentException>(() => InsertionPlan.Of(design, sizes, NamedMethods.All, Described(layers: 5))).Message.ShouldContain("4 layers; the backbone's encoder has 5");
        Should.Throw<ArgumentException>(() => InsertionPlan.Of(design, sizes, [NamedMethods.Adapter], Config)).Message.ShouldContain("'lora'");
        Should.Throw<ArgumentException>(() => InsertionPlan.Of(design, new DesignSizes([], 0), NamedMethods.All, Config)).Message.ShouldContain("no size");
        Should.Throw<ArgumentException>(() => InsertionPlan.Of(design, sizes, [NamedMethods.Lora with { Size = 7 }], Config)).Message.ShouldContain("the size of lora in group 1 is 2; its own is 7");
    }

    [Fact]
    public void Two_methods_of_one_form_at_one_place_are_refused()
    {
        foreach (var pair in new[] { "lora+lora-all", "bitfit+layernorm", "ia3+vectors2" })
        {
            var names = pair.Split('+');
            var methods = NamedMethods.All.Append(NamedMethods.Ia3 with { Name = "vectors2", Representation = ModifiedRepresentation.Value }).ToArray();
            var sizes = new DesignSizes(names.Select(name => new MethodSize("encoder", 0, name, 2, 0)).ToValueList(), 0);
            var design = new Design(
                LayerPattern.Uniform, [new LayerGrouping([4])], AllocationPattern.Uniform, new TunableGroups([1]), [new MethodSet(names.ToValueList())]);
            var message = Should.Throw<ArgumentException>(() => InsertionPlan.Of(design, sizes, methods, Config)).Message;
            foreach (var name in names)
                message.ShouldContain($"'{name}'");
        }
    }

    [Fact]
    public void A_group_of_layers_gets_its_methods_at_its_sizes()
    {
        var design = new Design(
            LayerPattern.Increasing, [new LayerGrouping([1, 3])], AllocationPattern.Uniform, new TunableGroups([2]),
            [MethodSet.Empty, new MethodSet(["lora", "bitfit"])]);
        var plan = InsertionPlan.Of(design, new DesignSizes([new MethodSize("encoder", 1, "lora", 5, 0), new MethodSize("encoder", 1, "bitfit", 0, 0)], 0), NamedMethods.All, Config);
        plan.Modules.Select(m => (m.Layer, m.Site, m.Size, m.Scale)).ShouldBe(
            from layer in new[] { 1, 2, 3 }
            from site in new[] { ModifiedRepresentation.Query, ModifiedRepresentation.Value }
            select (layer, site, 5, 2.0));
        plan.Tensors.Count.ShouldBe(3 * 8);
        plan.Tensors.ShouldContain(new TrainedTensor("encoder.layer.3.attention.output.LayerNorm.bias", "bitfit"));
        plan.Tensors.ShouldNotContain(t => t.Key.StartsWith("encoder.layer.0.", StringComparison.Ordinal));
    }

    private static void Plan(IReadOnlyList<PeftMethod> methods, string set)
    {
        var design = new Design(
            LayerPattern.Uniform, [new LayerGrouping([4])], AllocationPattern.Uniform, new TunableGroups([1]), [new MethodSet([set])]);
        InsertionPlan.Of(design, new DesignSizes([new MethodSize("encoder", 0, set, 2, 0)], 0), methods, Config);
    }

    private static BackboneConfig Described(int layers) => BackboneConfig.Parse(Encoding.UTF8.GetBytes($$"""
        {"model_type": "bert", "vocab_size": 50, "hidden_size": 16, "num_hidden_layers": {{layers}}, "num_attention_heads": 2, "intermediate_size": 24, "max_position_embeddings": 20,
         "type_vocab_size": 2, "layer_norm_eps": 1e-5, "hidden_act": "gelu"}
        """));
}
