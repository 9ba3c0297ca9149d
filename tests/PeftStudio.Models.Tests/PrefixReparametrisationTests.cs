using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

public sealed class PrefixReparametrisationTests
{
    private static readonly PeftMethod Made = NamedMethods.Prefix with { Name = "made", Title = "Made", Reparametrisation = 6 };

    private static readonly InitialisationSeed Seed = new(1, 2);

    [Fact]
    public void Its_parameters_are_its_own_and_as_many_as_the_formula_says()
    {
        using var files = new TinyBackbone("bert");
        using var backbone = files.Load();
        using var tuned = Create(backbone);
        using var made = PrefixReparametrisation.Of(tuned.Parameters, [Made], Seed).ShouldNotBeNull();
        var stack = backbone.Shape.Stacks[0];
        tuned.Parameters.BackboneCount.ShouldBe(2 * Made.ParametersPerLayer(stack, 3));
        made.Parameters.BackboneCount.ShouldBe(2 * Made.TrainingOnlyParametersPerLayer(stack, 3));
        made.Parameters.Parameters.ShouldAllBe(parameter => parameter.Group == "made" && !tuned.Parameters.Contains(parameter.Name));
        PrefixReparametrisation.Of(tuned.Parameters, [Made with { Reparametrisation = null }], Seed).ShouldBeNull();
    }

    [Fact]
    public void Folded_keys_and_values_are_what_the_network_makes()
    {
        using var scope = NewDisposeScope();
        using var files = new TinyBackbone("bert");
        using var backbone = files.Load();
        using var tuned = Create(backbone);
        using var made = PrefixReparametrisation.Of(tuned.Parameters, [Made], Seed).ShouldNotBeNull();
        using var noGrad = no_grad();
        const string Root = "encoder.layer.1.attention.self.made";
        Tensor Part(string part) => made.Parameters[$"{Root}.reparametrisation.{part}"].Value;
        made.Parameters.Values.add_(0.1);
        made.Fold();
        var both = Part("embedding").matmul(Part("down.weight").transpose(0, 1)).add(Part("down.bias")).tanh().matmul(Part("up.weight").transpose(0, 1)).add(Part("up.bias"));
        var folded = cat([tuned.Parameters[Root + ".key"].Value, tuned.Parameters[Root + ".value"].Value], 1);
        folded.shape.ShouldBe([3, 32]);
        (folded - both).abs().max().ToDouble().ShouldBeLessThan(1e-5);
    }

    [Fact]
    public void Its_gradients_are_the_finite_differences_and_the_prefixs_own_are_gone()
    {
        using var scope = NewDisposeScope();
        using var files = new TinyBackbone("bert");
        using var backbone = Backbone.Load(files.Folder, CPU, ScalarType.Float64);
        using var batch = TinyBackbone.Batch(backbone.Config.PadTokenId);
        using var tuned = Create(backbone);
        using var made = PrefixReparametrisation.Of(tuned.Parameters, [Made], Seed).ShouldNotBeNull();
        Tensor Loss() => tuned.Head.Loss(tuned.Forward(batch, ForwardContext.Evaluation), tensor(new long[] { 2, 0 }));

        // A first step's gradient must not stay in the second's.
        for (var step = 0; step < 2; step++)
        {
            tuned.Parameters.Gradient.zero_();
            Loss().backward();
            made.PullBack();
        }
        foreach (var parameter in tuned.Parameters.Parameters.Where(parameter => parameter.Group == "made"))
            parameter.Value.grad!.abs().max().ToDouble().ShouldBe(0, parameter.Name);
        GradientsShouldBeTheFiniteDifferences(made, Loss);
    }

    /// <summary>Of the network, whose gradients are there. Its keys and values are folded in fp32, which bounds what a difference can show.</summary>
    internal static void GradientsShouldBeTheFiniteDifferences(PrefixReparametrisation made, Func<Tensor> loss) =>
        FiniteDifferences.ShouldBeTheGradients(made.Parameters.Parameters, () =>
        {
            made.Fold();
            return loss().ToDouble();
        }, step: 1.0 / 512, allowed: 2e-3, rounding: 1e-7);

    private static TunedModel Create(Backbone backbone)
    {
        var design = new Design(
            LayerPattern.Uniform, [new LayerGrouping([1, 1, 2])], AllocationPattern.Uniform, new TunableGroups([1, 2]), [new MethodSet(["made"]), new MethodSet(["made"]), MethodSet.Empty]);
        var perLayer = Made.ParametersPerLayer(backbone.Shape.Stacks[0], 3);
        var sizes = new DesignSizes([new MethodSize("encoder", 0, "made", 3, perLayer), new MethodSize("encoder", 1, "made", 3, perLayer)], 2 * perLayer);
        return TunedModel.Create(backbone, design, sizes, [Made], HeadPlan.Classification(3), Seed);
    }
}
