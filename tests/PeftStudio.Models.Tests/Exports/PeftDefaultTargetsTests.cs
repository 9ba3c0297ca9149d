using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
using PeftStudio.Search.Methods;
using PeftStudio.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests.Exports;

/// <summary>
/// peft's own (IA)3 on BERT and RoBERTa: key, value and output.dense, which by the ends of paths also means attention.output.dense; both of these are fed through their vectors.
/// </summary>
public sealed class PeftDefaultTargetsTests
{
    private static readonly (string Product, int Width, bool IsFed)[] Targets =
        [("attention.self.key", 16, false), ("attention.self.value", 16, false), ("attention.output.dense", 16, true), ("output.dense", 24, true)];

    [Theory]
    [InlineData("bert")]
    [InlineData("roberta")]
    public void Its_vectors_multiply_rows_and_columns_of_the_weights(string model)
    {
        using var scope = NewDisposeScope();
        using var folder = new TempFolder();
        using var files = new TinyBackbone(model);
        using var backbone = files.Load();
        WriteDefault(folder, model);
        using var adapter = LoadedAdapter.Read(folder.Path, backbone);
        adapter.Model.Plan.Modules.GroupBy(module => module.Site).Select(sites => (sites.Key, sites.Count())).ShouldBe(
            [(ModifiedRepresentation.Key, 4), (ModifiedRepresentation.Value, 4), (ModifiedRepresentation.AttentionHeads, 4), (ModifiedRepresentation.FeedForwardActivation, 4)], ignoreOrder: true);

        using var multiplied = new TinyBackbone(model, change: tensor => Multiplied(tensor, model));
        using var other = multiplied.Load();
        using var plain = TunedModel.Create(other, InsertionPlan.Empty, ForwardPass.HeadOf(other), new InitialisationSeed(0, 0));
        using var untouched = TunedModel.Create(backbone, InsertionPlan.Empty, ForwardPass.HeadOf(backbone), new InitialisationSeed(0, 0));
        var (found, wanted) = (Logits(adapter.Model), Logits(plain));
        found.Zip(wanted, (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThanOrEqualTo(1e-5f);
        found.Zip(Logits(untouched), (a, b) => Math.Abs(a - b)).Max().ShouldBeGreaterThan(1e-2f);
    }

    [Theory]
    [InlineData("bert", "encoder.layer.2.attention.self.ia3.rescaling")]
    [InlineData("roberta", "encoder.layer.0.attention.self.ia3.rescaling")]
    [InlineData("roberta", "encoder.layer.1.intermediate.ia3.rescaling")]
    public void The_gradient_of_a_vector_is_the_losss_finite_difference(string model, string vector)
    {
        using var scope = NewDisposeScope();
        using var folder = new TempFolder();
        using var files = new TinyModel(model);
        using var backbone = files.Load(ScalarType.Float64);
        WriteDefault(folder, model);
        using var adapter = LoadedAdapter.Read(folder.Path, backbone);
        using var batch = TinyModel.Batch(backbone);
        var labels = tensor(new long[] { 1, 0 });
        adapter.Model.Loss(batch, labels, ForwardContext.Evaluation).backward();
        var parameter = adapter.Model.Parameters[vector].Value;
        var gradient = parameter.grad!.data<float>().ToArray();
        const float Step = 1f / 256;
        foreach (var i in new[] { 0, 7, gradient.Length - 1 })
        {
            var difference = (Moved(i, Step) - Moved(i, -Step)) / (2 * Step);
            Moved(i, 0);
            difference.ShouldBe(gradient[i], Math.Max(1e-6, 1e-3 * Math.Abs(gradient[i])), $"{vector}[{i}]");
        }
        gradient.Max(Math.Abs).ShouldBeGreaterThan(1e-4f);

        double Moved(int i, float step)
        {
            using var noGrad = no_grad();
            using var each = NewDisposeScope();
            var moved = Vector(vector[..^".ia3.rescaling".Length], gradient.Length);
            moved[i] += step;
            parameter.copy_(tensor(moved));
            return adapter.Model.Loss(batch, labels, ForwardContext.Evaluation).to(ScalarType.Float64).item<double>();
        }
    }

    private static void WriteDefault(TempFolder folder, string model)
    {
        folder.Write("adapter_config.json", """{"peft_type": "IA3", "target_modules": ["key", "value", "output.dense"], "feedforward_modules": ["output.dense"]}""");
        SafetensorsWriter.Write(folder["adapter_model.safetensors"], Enumerable.Range(0, 4).SelectMany(layer => Targets.Select(target => SafetensorsTensor.FromFloats(
            $"base_model.model.{model}.encoder.layer.{layer}.{target.Product}.ia3_l", Vector(Place(layer, target.Product), target.Width), target.IsFed ? [1, target.Width] : [target.Width, 1]))));
    }

    // Where the studio keeps the vector of a product.
    private static string Place(int layer, string product) => $"encoder.layer.{layer}." + product switch
    {
        "attention.output.dense" => "attention.self",
        "output.dense" => "intermediate",
        _ => product,
    };

    /// <summary>Around 1, another one for each place.</summary>
    private static float[] Vector(string place, int width) => [.. Enumerable.Range(0, width).Select(i => 1 + (0.5f * MathF.Sin(i + place.Sum(letter => letter))))];

    private static SafetensorsTensor Multiplied(SafetensorsTensor tensor, string model)
    {
        foreach (var layer in Enumerable.Range(0, 4))
            foreach (var (product, width, isFed) in Targets)
            {
                var (path, vector) = ($"{model}.encoder.layer.{layer}.{product}", Vector(Place(layer, product), width));
                if (tensor.Key == path + ".weight")
                    return Each(tensor, i => vector[isFed ? i % width : i / (int)tensor.Shape[1]]);
                if (tensor.Key == path + ".bias" && !isFed)
                    return Each(tensor, i => vector[i]);
            }
        return tensor;

        static SafetensorsTensor Each(SafetensorsTensor tensor, Func<int, float> factor) =>
            SafetensorsTensor.FromFloats(tensor.Key, [.. tensor.ToFloats().Select((value, i) => value * factor(i))], [.. tensor.Shape]);
    }

    private static float[] Logits(TunedModel model)
    {
        using var noGrad = no_grad();
        using var batch = TinyModel.Batch(model.Backbone);
        return model.Forward(batch, ForwardContext.Evaluation).data<float>().ToArray();
    }
}
