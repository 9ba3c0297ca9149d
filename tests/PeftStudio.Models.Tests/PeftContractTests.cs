using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Tests;
using PeftStudio.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

/// <summary>What holds for every method and union of methods on every backbone.</summary>
public sealed class PeftContractTests
{
    [Theory]
    [MemberData(nameof(MethodCases.All), MemberType = typeof(MethodCases))]
    public void Untrained_the_backbones_output_is_unchanged_but_by_a_prefix(string model, string design)
    {
        using var scope = NewDisposeScope();
        using var files = new TinyModel(model);
        using var backbone = files.Load();
        using var plain = TunedModel.Create(backbone, InsertionPlan.Empty, TinyModel.Head(backbone), new InitialisationSeed(1, 2));
        using var tuned = MethodCases.Create(backbone, design);
        using var batch = TinyModel.Batch(backbone);
        // A prefix takes attention from the first step on.
        if (design.Contains("prefix", StringComparison.Ordinal))
            Logits(tuned, batch).ShouldNotBe(Logits(plain, batch));
        else
            Logits(tuned, batch).ShouldBe(Logits(plain, batch));
    }

    [Theory]
    [MemberData(nameof(MethodCases.All), MemberType = typeof(MethodCases))]
    public void Its_own_parameters_train_all_of_them_and_nothing_else(string model, string design)
    {
        using var scope = NewDisposeScope();
        using var files = new TinyModel(model);
        using var backbone = files.Load();
        var before = Frozen(backbone);
        using var tuned = MethodCases.Create(backbone, design);
        TrainedAdapter.Disturb(tuned);
        using var batch = TinyModel.Batch(backbone);
        var first = Step(tuned, batch, step: 0);
        foreach (var parameter in tuned.Parameters.Parameters)
        {
            // A key's bias shifts all scores of a query alike, which softmax does not see.
            if (!parameter.Name.EndsWith("key.bias", StringComparison.Ordinal) && !parameter.Name.EndsWith("k_proj.bias", StringComparison.Ordinal) && !parameter.Name.EndsWith(".k.bias", StringComparison.Ordinal))
                parameter.Value.grad!.abs().sum().ToDouble().ShouldBeGreaterThan(1e-7, parameter.Name);
        }
        var last = first;
        for (var step = 1; step <= 20; step++)
            last = Step(tuned, batch, step);
        last.ShouldBeLessThan(first);
        foreach (var (key, _) in NetworkKeys.Of(backbone.Config))
        {
            backbone[key].requires_grad.ShouldBeFalse(key);
            backbone[key].grad.ShouldBeNull(key);
        }
        Frozen(backbone).ShouldBe(before);
    }

    [Theory]
    [MemberData(nameof(MethodCases.All), MemberType = typeof(MethodCases))]
    public void Parameters_are_as_many_as_the_formula_says(string model, string design)
    {
        using var files = new TinyModel(model);
        using var backbone = files.Load();
        using var tuned = MethodCases.Create(backbone, design);
        tuned.Parameters.BackboneCount.ShouldBe(MethodCases.Parse(design, backbone.Shape).Sizes.Parameters);
        tuned.Parameters.HeadCount.ShouldBe(model switch { "bert" => (16 * 3) + 3, "roberta" or "bart" => (16 * 16) + 16 + (16 * 3) + 3, _ => 0 });
        tuned.Parameters.Parameters.Sum(p => p.Count).ShouldBe(tuned.Parameters.BackboneCount + tuned.Parameters.HeadCount);
        tuned.Parameters.Segments.Sum(s => s.Length).ShouldBe(tuned.Parameters.Values.numel());
    }

    [Theory]
    [MemberData(nameof(MethodCases.All), MemberType = typeof(MethodCases))]
    public void Saved_and_loaded_it_gives_the_same_bits(string model, string design)
    {
        using var scope = NewDisposeScope();
        using var files = new TinyModel(model);
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = MethodCases.Create(backbone, design);
        TrainedAdapter.Disturb(tuned);
        var path = Path.Combine(folder.Path, "adapter.safetensors");
        SafetensorsWriter.Write(path, AdapterTensors.Of(tuned));
        using var again = MethodCases.Create(backbone, design, seed: 77);
        using (var file = SafetensorsFile.Open(path))
            AdapterTensors.Read(file, again);
        using var batch = TinyModel.Batch(backbone);
        Logits(again, batch).ShouldBe(Logits(tuned, batch));
        AdapterTensors.Of(again).SelectMany(t => t.ToFloats()).ShouldBe(AdapterTensors.Of(tuned).SelectMany(t => t.ToFloats()));
    }

    [Theory]
    [MemberData(nameof(MethodCases.All), MemberType = typeof(MethodCases))]
    public void The_same_seeds_train_to_the_same_bits_and_others_do_not(string model, string design)
    {
        using var scope = NewDisposeScope();
        using var files = new TinyModel(model);
        using var backbone = files.Load();
        float[] Trained(int seed)
        {
            using var tuned = MethodCases.Create(backbone, design, seed: seed);
            using var batch = TinyModel.Batch(backbone);
            var context = ForwardContext.Training((ulong)seed);
            for (var step = 1; step <= 3; step++)
                Step(tuned, batch, step, context);
            return Logits(tuned, batch);
        }

        Trained(5).ShouldBe(Trained(5));
        Trained(6).ShouldNotBe(Trained(5));
    }

    [Theory]
    [MemberData(nameof(MethodCases.All), MemberType = typeof(MethodCases))]
    public void Nothing_below_the_lowest_trained_layer_is_in_the_graph(string model, string design)
    {
        using var scope = NewDisposeScope();
        using var files = new TinyModel(model);
        using var backbone = files.Load();
        using var tuned = MethodCases.Create(backbone, design);
        using var batch = TinyModel.Batch(backbone);
        var lowest = Array.FindIndex(design.Split('|'), g => g != "-");
        LowestLayers.Of(tuned.Plan, backbone.Config, "encoder").ShouldBe(lowest);
        tuned.Forward(batch, ForwardContext.Evaluation, visit: (stack, i, hidden) => hidden.requires_grad.ShouldBe(i > (stack == "encoder" ? lowest : 0), $"{stack}'s hidden state {i}"));
    }

    [Theory]
    [MemberData(nameof(MethodCases.All), MemberType = typeof(MethodCases))]
    public void Padding_changes_nothing(string model, string design)
    {
        using var scope = NewDisposeScope();
        using var files = new TinyModel(model);
        using var backbone = files.Load();
        using var tuned = MethodCases.Create(backbone, design);
        TrainedAdapter.Disturb(tuned);
        using var narrow = TinyModel.Batch(backbone);
        using var wide = TinyModel.Batch(backbone, time: 12);
        Logits(tuned, wide).Zip(Logits(tuned, narrow), (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThan(2e-5f);
    }

    [Theory]
    [MemberData(nameof(MethodCases.All), MemberType = typeof(MethodCases))]
    public void Gradients_are_the_finite_differences(string model, string design)
    {
        using var scope = NewDisposeScope();
        using var files = new TinyModel(model);
        using var backbone = files.Load(ScalarType.Float64);
        using var tuned = MethodCases.Create(backbone, design);
        TrainedAdapter.Disturb(tuned);
        using var batch = TinyModel.Batch(backbone);
        Loss(tuned, batch, ForwardContext.Evaluation).backward();
        FiniteDifferences.ShouldBeTheGradients(tuned.Parameters.Parameters, () => Loss(tuned, batch, ForwardContext.Evaluation).ToDouble());
    }

    [Theory]
    [MemberData(nameof(MethodCases.All), MemberType = typeof(MethodCases))]
    public void In_bf16_it_computes_nearly_the_same(string model, string design)
    {
        using var scope = NewDisposeScope();
        using var files = new TinyModel(model);
        using var exact = files.Load();
        using var rounded = files.Load(ScalarType.BFloat16);
        using var batch = TinyModel.Batch(exact);
        float[] Computed(Backbone backbone, out Tensor gradient)
        {
            using var tuned = MethodCases.Create(backbone, design);
            TrainedAdapter.Disturb(tuned);
            Loss(tuned, batch, ForwardContext.Evaluation).backward();
            gradient = tuned.Parameters.Gradient.clone();
            return Logits(tuned, batch);
        }

        // Twice as deep, twice as far from it.
        var stacks = exact.Shape.Stacks.Count;
        var (wanted, found) = (Computed(exact, out var gradient), Computed(rounded, out var roundedGradient));
        found.Zip(wanted, (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThan(0.2f * stacks);
        found.ShouldNotBe(wanted);
        roundedGradient.dtype.ShouldBe(ScalarType.Float32);
        (roundedGradient - gradient).norm().ToDouble().ShouldBeLessThan(0.1 * stacks * gradient.norm().ToDouble());
    }

    private static float[] Logits(TunedModel model, TokenBatch batch)
    {
        using var noGrad = no_grad();
        using var logits = model.Forward(batch, ForwardContext.Evaluation);
        return logits.data<float>().ToArray();
    }

    private static Tensor Loss(TunedModel model, TokenBatch batch, ForwardContext context) =>
        model.Loss(batch, tensor(new long[] { 2, 0 }), context);

    // Step 0 computes the gradient alone.
    private static double Step(TunedModel model, TokenBatch batch, int step, ForwardContext? context = null)
    {
        using var scope = NewDisposeScope();
        var buffer = model.Parameters;
        buffer.Gradient.zero_();
        var loss = Loss(model, batch, context ?? ForwardContext.Evaluation);
        loss.backward();
        if (step > 0)
            Kernels.AdamWStep(buffer.Values, buffer.Gradient, zeros_like(buffer.Values), zeros_like(buffer.Values), null, null, AdamWSettings.Default, 1e-3, 1);
        return loss.ToDouble();
    }

    private static float[] Frozen(Backbone backbone) => [.. NetworkKeys.Of(backbone.Config).SelectMany(k => backbone[k.Key].data<float>().ToArray())];
}
