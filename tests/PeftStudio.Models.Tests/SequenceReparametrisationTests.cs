using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Tests;
using PeftStudio.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

/// <summary>A reparametrised prefix on T5 and BART: each attention of both stacks, that to the encoder too, has keys and values by a network of its own.</summary>
public sealed class SequenceReparametrisationTests
{
    private static readonly PeftMethod Made = NamedMethods.Prefix with { Name = "made", Title = "Made", Reparametrisation = 6 };

    private static readonly InitialisationSeed Seed = new(1, 2);

    [Theory]
    [InlineData("t5", "decoder.block.1.layer.1.EncDecAttention.made")]
    [InlineData("bart", "decoder.layers.1.encoder_attn.made")]
    public void Every_attention_has_a_network_of_its_own(string model, string cross)
    {
        using var files = new TinyModel(model);
        using var backbone = files.Load();
        using var tuned = Create(backbone);
        using var made = PrefixReparametrisation.Of(tuned.Parameters, [Made], Seed).ShouldNotBeNull();
        made.Parameters.BackboneCount.ShouldBe(backbone.Shape.Stacks.Sum(stack => 2 * Made.TrainingOnlyParametersPerLayer(stack, 3)));
        var embeddings = made.Parameters.Parameters.Where(parameter => parameter.Name.EndsWith(".embedding", StringComparison.Ordinal)).ToArray();
        embeddings.Select(parameter => parameter.Name).ShouldContain($"{cross}.reparametrisation.embedding");
        // Of two layers in each stack: the encoder's attention, the decoder's two.
        embeddings.Select(parameter => Convert.ToHexString(parameter.Value.data<float>().ToArray().SelectMany(BitConverter.GetBytes).ToArray())).Distinct(StringComparer.Ordinal).Count().ShouldBe(6);
    }

    [Theory]
    [InlineData("t5")]
    [InlineData("bart")]
    public void It_trains_and_what_is_folded_stored_and_loaded_gives_its_logits(string model)
    {
        using var scope = NewDisposeScope();
        using var files = new TinyModel(model);
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var batch = TinyModel.Batch(backbone);
        using var tuned = Create(backbone);
        using var made = PrefixReparametrisation.Of(tuned.Parameters, [Made], Seed).ShouldNotBeNull();
        var (network, own) = (made.Parameters, Prefixes(tuned));
        double Step(int number)
        {
            using var inner = NewDisposeScope();
            tuned.Parameters.Gradient.zero_();
            var loss = tuned.Loss(batch, tensor(new long[] { 2, 0 }), ForwardContext.Evaluation);
            loss.backward();
            made.PullBack();
            foreach (var parameter in network.Parameters.Where(_ => number == 1))
                parameter.Value.grad!.abs().sum().ToDouble().ShouldBeGreaterThan(0, parameter.Name);
            Kernels.AdamWStep(network.Values, network.Gradient, zeros_like(network.Values), zeros_like(network.Values), null, null, AdamWSettings.Default, 1e-3, 1);
            made.Fold();
            return loss.ToDouble();
        }

        var first = Step(1);
        var last = first;
        for (var step = 2; step <= 20; step++)
            last = Step(step);
        last.ShouldBeLessThan(first);
        Prefixes(tuned).Zip(own).ShouldAllBe(pair => !pair.First.SequenceEqual(pair.Second));

        SafetensorsWriter.Write(folder["adapter.safetensors"], AdapterTensors.Of(tuned));
        using var again = Create(backbone);
        using (var file = SafetensorsFile.Open(folder["adapter.safetensors"]))
            AdapterTensors.Read(file, again);
        Logits(again).ShouldBe(Logits(tuned));

        float[] Logits(TunedModel of) => of.Forward(batch, ForwardContext.Evaluation).data<float>().ToArray();
    }

    [Theory]
    [InlineData("t5")]
    [InlineData("bart")]
    public void Its_gradients_are_the_finite_differences(string model)
    {
        using var scope = NewDisposeScope();
        using var files = new TinyModel(model);
        using var backbone = files.Load(ScalarType.Float64);
        using var batch = TinyModel.Batch(backbone);
        using var tuned = Create(backbone);
        using var made = PrefixReparametrisation.Of(tuned.Parameters, [Made], Seed).ShouldNotBeNull();
        Tensor Loss() => tuned.Loss(batch, tensor(new long[] { 2, 0 }), ForwardContext.Evaluation);

        tuned.Parameters.Gradient.zero_();
        Loss().backward();
        made.PullBack();
        PrefixReparametrisationTests.GradientsShouldBeTheFiniteDifferences(made, Loss);
    }

    /// <summary>Layers 0 and 1 of both stacks.</summary>
    private static TunedModel Create(Backbone backbone)
    {
        var stacks = backbone.Shape.Stacks;
        var design = new Design(
            LayerPattern.Uniform, stacks.Select(_ => new LayerGrouping([1, 1, 2])).ToValueList(), AllocationPattern.Uniform, new TunableGroups([1, 2]),
            [new MethodSet(["made"]), new MethodSet(["made"]), MethodSet.Empty]);
        var sizes = stacks.SelectMany(stack => new[] { 0, 1 }.Select(group => new MethodSize(stack.Name, group, "made", 3, Made.ParametersPerLayer(stack, 3)))).ToValueList();
        return TunedModel.Create(backbone, design, new DesignSizes(sizes, sizes.Sum(size => size.ParametersPerLayer)), [Made], TinyModel.Head(backbone), Seed);
    }

    private static float[][] Prefixes(TunedModel model) =>
        [.. model.Parameters.Parameters.Where(parameter => parameter.Group == "made").Select(parameter => parameter.Value.data<float>().ToArray())];
}
