using PeftStudio.Formats.Backbones;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Search;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

/// <summary>
/// What lies below the lowest trained layer runs without autograd. A file may train any bias and norm, those outside the layers too: each gets the gradient that it has where everything is
/// trained, which the reference's numbers prove (<see cref="BackboneGoldenTests"/>).
/// </summary>
public sealed class LowestLayersTests
{
    [Theory]
    [InlineData("bert")]
    [InlineData("roberta")]
    [InlineData("t5")]
    [InlineData("t5-1.0")]
    [InlineData("bart")]
    public void Whatever_else_is_trained_a_tensor_outside_the_layers_gets_its_gradient(string model)
    {
        using var scope = NewDisposeScope();
        using var files = new TinyModel(model);
        using var backbone = files.Load();
        using var batch = TinyModel.Batch(backbone);
        string[] all = [.. NetworkKeys.Of(backbone.Config).Select(k => k.Key)];
        var whole = Gradients(backbone, batch, all);
        string[] outside = [.. all.Where(key => !IsInLayer(key) || key.EndsWith(T5Keys.Positions, StringComparison.Ordinal))];
        outside.Length.ShouldBe(model switch { "bert" or "roberta" => 5, "bart" => 7, _ => 5 });
        // The last norm of each stack's third layer, and the like: what is trained above must not hide what is trained below.
        string[] within = [.. backbone.Shape.Stacks.SelectMany(stack => all.Where(key =>
            key.StartsWith(LayerSites.Of(backbone.Config).Layer(stack.Name, 2), StringComparison.Ordinal) && !ParameterGroups.Decays(key)).TakeLast(1))];
        within.Length.ShouldBe(backbone.Shape.Stacks.Count);
        foreach (var key in outside)
            foreach (var trained in within.Select(layer => new[] { key, layer }).Append([key]).Append([key, .. within]))
                ShouldBeTheSame(Gradients(backbone, batch, trained), whole, string.Join(" and ", trained));

        bool IsInLayer(string key) => backbone.Shape.Stacks.Any(stack => Enumerable.Range(0, stack.Layers).Any(i => key.StartsWith(LayerSites.Of(backbone.Config).Layer(stack.Name, i), StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("bart", "encoder.layernorm_embedding.bias", -1, 0)]
    [InlineData("bart", "decoder.layernorm_embedding.weight", 4, -1)]
    [InlineData("bart", "decoder.embed_positions.weight", 4, -1)]
    [InlineData("bart", "decoder.layers.2.final_layer_norm.bias", 4, 2)]
    [InlineData("bart", "encoder.layers.3.final_layer_norm.bias", 3, 0)]
    [InlineData("bart", "shared.weight", -1, -1)]
    [InlineData("bart", "classification_head.dense.bias", 4, 4)]
    [InlineData("t5", "encoder.final_layer_norm.weight", 4, 0)]
    [InlineData("t5", "decoder.final_layer_norm.weight", 4, 4)]
    [InlineData("t5", "lm_head.weight", 4, 4)]
    [InlineData("t5", "decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", 4, 0)]
    public void Gradients_go_as_far_down_as_they_must_and_no_further(string model, string key, int encoder, int decoder)
    {
        using var files = new TinyModel(model);
        var (config, plan) = (BackboneConfig.FromFolder(files.Folder), Plan(key));
        LowestLayers.Of(plan, config, "encoder").ShouldBe(encoder);
        LowestLayers.Of(plan, config, "decoder").ShouldBe(decoder);
    }

    private static Dictionary<string, Tensor> Gradients(Backbone backbone, TokenBatch batch, params string[] trained)
    {
        using var tuned = TunedModel.Create(backbone, Plan(trained), TinyModel.Head(backbone), new InitialisationSeed(1, 2));
        tuned.Loss(batch, tensor(new long[] { 2, 0 }), ForwardContext.Evaluation).backward();
        return tuned.Parameters.Parameters.Where(parameter => parameter.Group != ParameterGroups.Head).ToDictionary(parameter => parameter.Name, parameter => parameter.Value.grad!.clone(), StringComparer.Ordinal);
    }

    private static InsertionPlan Plan(params string[] trained) => new([], trained.Select(key => new TrainedTensor(key, NamedMethods.BitFit.Name)).ToValueList());

    private static void ShouldBeTheSame(Dictionary<string, Tensor> found, Dictionary<string, Tensor> whole, string what)
    {
        foreach (var (key, gradient) in found)
        {
            var largest = whole[key].abs().max().ToDouble();
            largest.ShouldBeGreaterThan(1e-6, key);
            (gradient - whole[key]).abs().max().ToDouble().ShouldBeLessThanOrEqualTo(1e-5 * largest, $"{key} where {what} are trained");
        }
    }
}
