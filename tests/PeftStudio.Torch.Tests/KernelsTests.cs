using PeftStudio.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Tests;

/// <summary>Each fused function against its composition: values, and gradients where it has them.</summary>
[Collection(nameof(NativeRuntimeTests))]
public sealed class KernelsTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Generator _generator = new(21);

    public void Dispose()
    {
        _scope.Dispose();
        _generator.Dispose();
    }

    [Theory]
    [InlineData(null, 0, 0), InlineData("added", 0, 0), InlineData("boolean", 0, 0), InlineData("added", 0.1, 0), InlineData(null, 0.5, 0), InlineData(null, 0.5, 3)]
    public void Attention(string? maskKind, double probability, long prefix)
    {
        var mask = maskKind switch
        {
            "added" => (Draw(2, 1, 1, 7) > 0) * -1e4,
            "boolean" => (Draw(2, 1, 1, 7) > -0.5).expand(2, 3, 5, 7),
            _ => null,
        };
        if (mask is not null && maskKind == "added")
            mask = mask.to(float64);
        var dropout = new AttentionDropout(probability, 11, prefix, 12);
        AssertSame(
            inputs => Kernels.Attention(inputs[0], inputs[1], inputs[2], mask, 0.37, dropout),
            inputs => Compositions.Attention(inputs[0], inputs[1], inputs[2], mask, 0.37, dropout),
            Draw(2, 3, 5, 4), Draw(2, 3, 7, 4), Draw(2, 3, 7, 4));
    }

    /// <summary>Sizes that fill no vector, one vector, more than a block of rows; one row; heads as views of a projection, as the layers have them.</summary>
    [Theory]
    [InlineData(5, 7, 4, 0, 0), InlineData(1, 33, 64, 0.1, 0), InlineData(70, 70, 20, 0.1, 0), InlineData(64, 128, 64, 0.3, 0), InlineData(40, 75, 16, 0.3, 11), InlineData(3, 80, 8, 0.2, 64)]
    public void Attention_in_fp32_and_bf16(long rows, long keys, long size, double probability, long prefix)
    {
        var mask = (Draw(2, 1, 1, keys) > 0.5).to(float64) * -8192;
        var dropout = new AttentionDropout(probability, 11, prefix, 12);
        Tensor Heads(long time) => Draw(2, time, 3, size);
        AssertClose(
            inputs => Kernels.Attention(inputs[0].transpose(1, 2), inputs[1].transpose(1, 2), inputs[2].transpose(1, 2), mask.to(inputs[0].dtype), 0.37, dropout),
            inputs => Compositions.Attention(inputs[0].transpose(1, 2), inputs[1].transpose(1, 2), inputs[2].transpose(1, 2), mask.to(inputs[0].dtype), 0.37, dropout),
            Heads(rows), Heads(keys), Heads(keys));
    }

    /// <summary>As T5 has it: a number of its own for each query and key; in memory keys lie side by side, as there, or heads do.</summary>
    [Theory]
    [InlineData(false), InlineData(true)]
    public void Attention_with_a_mask_of_each_pair(bool headsLast)
    {
        var mask = headsLast ? Draw(1, 20, 37, 3).to(bfloat16).to(float64).permute(0, 3, 1, 2) : Draw(1, 3, 20, 37).to(bfloat16).to(float64);
        var dropout = new AttentionDropout(0.2, 11, 0, 12);
        AssertClose(
            inputs => Kernels.Attention(inputs[0], inputs[1], inputs[2], mask.to(inputs[0].dtype), 1, dropout),
            inputs => Compositions.Attention(inputs[0], inputs[1], inputs[2], mask.to(inputs[0].dtype), 1, dropout),
            Draw(2, 3, 20, 8), Draw(2, 3, 37, 8), Draw(2, 3, 37, 8));
    }

    [Fact]
    public void Attention_over_padding_alone_is_spread_evenly()
    {
        foreach (var (type, lowest, tolerance) in new[] { (float32, (double)float.MinValue, 1e-6), (bfloat16, -3.3895313892515355e38, 0.02) })
        {
            var value = Draw(1, 1, 3, 4).to(type);
            var mask = full([1, 1, 1, 3], lowest, type);
            Kernels.Attention(Draw(1, 1, 2, 4).to(type), Draw(1, 1, 3, 4).to(type), value, mask, 0.5)
                .ShouldBeClose(value.mean([2], keepdim: true).expand(1, 1, 2, 4), tolerance);
        }
    }

    [Theory]
    [InlineData(ScalarType.Float32), InlineData(ScalarType.BFloat16)]
    public void Attention_passes_on_what_is_not_a_number(ScalarType type)
    {
        var query = Draw(1, 1, 2, 4).to(type);
        query.narrow(2, 1, 1).fill_(double.NaN);
        var seen = Kernels.Attention(query, Draw(1, 1, 20, 4).to(type), Draw(1, 1, 20, 4).to(type), mask: null, 0.5);
        seen.narrow(2, 0, 1).isfinite().all().ToBoolean().ShouldBeTrue();
        seen.narrow(2, 1, 1).isfinite().any().ToBoolean().ShouldBeFalse();
    }

    [Theory]
    [InlineData(3, 40), InlineData(2, 64), InlineData(1, 700), InlineData(5, 1)]
    public void Dropped(long rows, long columns)
    {
        AssertClose(
            inputs => Kernels.Dropped(inputs[0], inputs[1], 0.3, 5),
            inputs => Compositions.Dropped(inputs[0], inputs[1], Kernels.KeepFactors([rows, columns], inputs[0].dtype, CPU, 0.3, 5)),
            Draw(rows, columns), Draw(rows, columns));
        AssertClose(
            inputs => Kernels.Dropped(inputs[0], residual: null, 0.3, 5),
            inputs => Compositions.Dropped(inputs[0], residual: null, Kernels.KeepFactors([rows, columns], inputs[0].dtype, CPU, 0.3, 5)),
            Draw(rows, columns));
    }

    /// <summary>Where nothing is dropped the sum is libtorch's own, rounded as libtorch rounds.</summary>
    [Fact]
    public void Bf16_is_read_and_rounded_as_libtorch_does()
    {
        var (left, right) = ((Draw(3000) * 5).to(bfloat16), Draw(3000).to(bfloat16));
        Kernels.Dropped(left, right, 0, 5).to(float32).ShouldBeClose((left + right).to(float32), 0);
        // Halfway between two numbers, whose distance here is 2^-7: to the even one.
        Kernels.Dropped(tensor([1, 1.0078125f]).to(bfloat16), full([2], 0.00390625, bfloat16), 0, 5).to(float32).ShouldHold(1, 1.015625);
        var ends = tensor([float.PositiveInfinity, float.NegativeInfinity, -0f, 1e-40f, 3e38f]).to(bfloat16);
        Kernels.Dropped(ends, residual: null, 0, 5).to(float32).ShouldBeClose(ends.to(float32), 0);
        Kernels.Dropped(full([17], double.NaN, bfloat16), residual: null, 0, 5).isnan().all().ToBoolean().ShouldBeTrue();
    }

    [Theory]
    [InlineData(1, 5), InlineData(3, 16), InlineData(2, 70), InlineData(7, 768)]
    public void Layer_norm(long rows, long width)
    {
        AssertClose(
            inputs => Kernels.LayerNorm(inputs[0] + 2, inputs[1], inputs[2], 1e-5),
            inputs => nn.functional.layer_norm(inputs[0] + 2, [width], inputs[1], inputs[2], 1e-5),
            Draw(2, rows, width), Draw(width), Draw(width));
    }

    [Theory]
    [InlineData(1, 5, true), InlineData(3, 16, false), InlineData(2, 70, true), InlineData(7, 768, false)]
    public void Rms_norm(long rows, long width, bool withBias)
    {
        AssertClose(
            inputs => Kernels.RmsNorm(inputs[0], inputs[1], withBias ? inputs[2] : null, 1e-6),
            inputs => Compositions.RmsNorm(inputs[0], inputs[1], withBias ? inputs[2] : null, 1e-6),
            withBias ? [Draw(2, rows, width), Draw(width), Draw(width)] : [Draw(2, rows, width), Draw(width)]);
    }

    [Theory]
    [InlineData(ScalarType.Float32), InlineData(ScalarType.BFloat16), InlineData(ScalarType.Float64)]
    public void A_norm_keeps_each_row_to_itself_and_refuses_another_width(ScalarType type)
    {
        var x = Draw(3, 20).to(type);
        x.narrow(0, 1, 1).fill_(double.NaN);
        foreach (var normed in new[] { Kernels.LayerNorm(x, ones(20, type), zeros(20, type), 1e-5), Kernels.RmsNorm(x, ones(20, type), bias: null, 1e-6) })
        {
            normed.isfinite().all(1).ShouldHold(1, 0, 1);
            normed[2].to(float64).square().mean().ToDouble().ShouldBe(1, 0.02);
        }
        Kernels.RmsNorm(zeros([2, 4], type), ones(4, type), bias: null, 1e-6).to(float64).ShouldBeClose(zeros(2, 4, float64), 0);
        Should.Throw<System.Runtime.InteropServices.ExternalException>(() => Kernels.RmsNorm(x, ones(19, type), bias: null, 1e-6)).Message.ShouldContain("another width");
    }

    [Fact]
    public void Keep_factors_are_as_often_zero_as_asked_and_their_mean_is_one()
    {
        var factors = Kernels.KeepFactors([500, 400], float32, CPU, 0.2, 3);
        Numbers.Of(factors).Distinct().Order().ShouldBe([0.0, 1.25]);
        factors.mean().ToDouble().ShouldBe(1, 0.005);
        // No row, column or seed repeats another: correlations of neighbours are those of independent draws.
        var centred = factors - 1;
        Correlation(centred.narrow(0, 0, 499), centred.narrow(0, 1, 499)).ShouldBe(0, 0.01);
        Correlation(centred.narrow(1, 0, 399), centred.narrow(1, 1, 399)).ShouldBe(0, 0.01);
        Correlation(centred, Kernels.KeepFactors([500, 400], float32, CPU, 0.2, 4) - 1).ShouldBe(0, 0.01);
        Kernels.KeepFactors([500, 400], bfloat16, CPU, 0.2, 3).to(float32).ShouldBeClose(factors, 0);

        static double Correlation(Tensor a, Tensor b) => (a * b).mean().ToDouble() / 0.25;
    }

    [Fact]
    public void Keep_factors_do_not_depend_on_the_number_of_threads()
    {
        var threads = get_num_threads();
        var factors = Kernels.KeepFactors([300, 333], float32, CPU, 0.2, 3);
        set_num_threads(threads + 1);
        try
        {
            Kernels.KeepFactors([300, 333], float32, CPU, 0.2, 3).ShouldBeClose(factors, 0);
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    [Fact]
    public void Gelu()
    {
        AssertClose(inputs => Kernels.Gelu(inputs[0]), inputs => inputs[0].gelu(), Draw(70) * 3);
        var ends = tensor(new[] { 0f, -0f, 100f, -100f, 1e30f, -1e30f });
        Kernels.Gelu(ends).ShouldHold(0, 0, 100, 0, 1e30, 0);
        Kernels.Gelu(tensor(new[] { float.NaN, 1f })).isnan().ShouldHold(1, 0);
        Kernels.Gelu(ends.to(bfloat16)).to(float32).ShouldBeClose(ends.to(bfloat16).to(float32).clamp(min: 0), 0);
    }

    [Fact]
    public void Fused_functions_refuse_gradients_of_gradients()
    {
        var x = Draw(2, 4).to(float32).requires_grad_();
        var y = Kernels.Gelu(x).sum();
        Should.Throw<System.Runtime.InteropServices.ExternalException>(() => autograd.grad([y], [x], create_graph: true)).Message.ShouldContain("create_graph");
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public void Lora_linear(bool withBias)
    {
        var bias = withBias ? Draw(6) : null;
        AssertSame(
            inputs => Kernels.LoraLinear(inputs[0], inputs[1], bias, inputs[2], inputs[3], 2.5),
            inputs => Compositions.LoraLinear(inputs[0], inputs[1], bias, inputs[2], inputs[3], 2.5),
            Draw(2, 3, 5), Draw(6, 5), Draw(2, 5), Draw(6, 2));
    }

    /// <summary>From half as many rows as outputs on, the change is merged into the weight; below it is not.</summary>
    [Theory]
    [InlineData(30, true), InlineData(30, false), InlineData(4, true)]
    public void Lora_linear_in_fp32_and_bf16(long rows, bool withBias)
    {
        var weight = Draw(24, 20).to(bfloat16).to(float64);
        AssertClose(
            inputs => Kernels.LoraLinear(inputs[0], weight.to(inputs[0].dtype), withBias ? inputs[3] : null, inputs[1], inputs[2], 2.5),
            inputs => Compositions.LoraLinear(inputs[0], weight.to(inputs[0].dtype), withBias ? inputs[3] : null, inputs[1], inputs[2], 2.5),
            withBias ? [Draw(1, rows, 20), Draw(4, 20), Draw(24, 4), Draw(24)] : [Draw(1, rows, 20), Draw(4, 20), Draw(24, 4)]);
    }

    [Fact]
    public void A_merged_lora_linear_can_be_added_to_in_place()
    {
        var a = Draw(2, 8).to(float32).requires_grad_();
        Kernels.LoraLinear(Draw(2, 8, 8).to(float32), Draw(8, 8).to(float32), bias: null, a, Draw(8, 2).to(float32), 1).add_(1).sum().backward();
        a.grad!.isfinite().all().ToBoolean().ShouldBeTrue();
    }

    [Fact]
    public void Lora_linear_takes_trained_weights_of_another_type()
    {
        var x = Draw(3, 8).to(bfloat16);
        var a = Draw(2, 8).to(float32).requires_grad_();
        var b = Draw(4, 2).to(float32).requires_grad_();
        var y = Kernels.LoraLinear(x, Draw(4, 8).to(bfloat16), bias: null, a, b, 1);
        y.dtype.ShouldBe(bfloat16);
        y.sum().backward();
        a.grad!.dtype.ShouldBe(float32);
        b.grad!.isfinite().all().ToBoolean().ShouldBeTrue();
    }

    [Theory]
    [InlineData(false, false), InlineData(true, false), InlineData(false, true), InlineData(true, true)]
    public void AdamW_step(bool withRates, bool withDecays)
    {
        const int Count = 70_001;
        var rates = withRates ? rand(Count, generator: _generator) + 0.5 : null;
        var decays = withDecays ? zeros(Count).bernoulli_(0.5, _generator) : null;
        var settings = AdamWSettings.Default with { WeightDecay = 0.1 };
        var start = Draw(Count).to(float32);
        Tensor[] Buffers(ScalarType type) => [start.to(type, copy: true), zeros(Count, type), zeros(Count, type)];
        var fused = Buffers(float32);
        var composed = Buffers(float32);
        var exact = Buffers(float64);
        for (var step = 1; step <= 5; step++)
        {
            var gradient = Draw(Count).to(float32);
            Kernels.AdamWStep(fused[0], gradient, fused[1], fused[2], rates, decays, settings, 0.01, step);
            Compositions.AdamWStep(composed[0], gradient, composed[1], composed[2], rates, decays, settings, 0.01, step);
            Kernels.AdamWStep(
                exact[0], gradient.to(float64), exact[1], exact[2], rates?.to(float64), decays?.to(float64), settings, 0.01, step);
        }
        for (var i = 0; i < 3; i++)
        {
            fused[i].ShouldBeClose(composed[i], 2e-6);
            fused[i].ShouldBeClose(exact[i].to(float32), 2e-6);
        }
        (fused[0] - start).abs().max().ToDouble().ShouldBeGreaterThan(0.01);
    }

    /// <summary>Two steps by hand: g = 0.5 then -1, rate 0.1, decay 0.1.</summary>
    [Fact]
    public void AdamW_by_hand()
    {
        var (p, m, v) = (tensor([1f]), zeros(1), zeros(1));
        var settings = AdamWSettings.Default with { WeightDecay = 0.1 };
        Kernels.AdamWStep(p, tensor([0.5f]), m, v, rates: null, decays: null, settings, 0.1, 1);
        p.ShouldHold(0.99 - 0.1); // after one step the update is the gradient's sign
        Kernels.AdamWStep(p, tensor([-1f]), m, v, rates: null, decays: null, settings, 0.1, 2);
        var mean = ((0.9 * 0.05) - 0.1) / (1 - (0.9 * 0.9));
        var square = ((0.999 * 0.00025) + 0.001) / (1 - (0.999 * 0.999));
        Numbers.Of(p)[0].ShouldBe((0.89 * 0.99) - (0.1 * mean / Math.Sqrt(square)), 1e-5);
    }

    [Fact]
    public void AdamW_refuses_buffers_of_different_lengths() =>
        Should.Throw<System.Runtime.InteropServices.ExternalException>(() =>
            Kernels.AdamWStep(zeros(3), zeros(2), zeros(3), zeros(3), rates: null, decays: null, AdamWSettings.Default, 0.1, 1)).Message.ShouldBe("AdamW: buffers of 3 and 2 elements");

    [Theory]
    [InlineData(0.5), InlineData(1e6)]
    public void Clip_norm(double maximum)
    {
        var gradient = Draw(1000);
        var fused = gradient.clone();
        var composed = gradient.clone();
        var norm = Kernels.ClipNorm(fused, maximum);
        norm.ShouldBeClose(Compositions.ClipNorm(composed, maximum), 0);
        norm.ToDouble().ShouldBe(Math.Sqrt(Numbers.Of(gradient).Sum(x => x * x)), 1e-9);
        fused.ShouldBeClose(composed, 0);
        fused.norm().ToDouble().ShouldBe(Math.Min(maximum, norm.ToDouble()), 1e-5);
    }

    private Tensor Draw(params long[] shape) => randn(shape, float64, generator: _generator);

    // In fp32 and bf16 against the composition in fp64 of the same numbers. A number of bf16 has 8 bits: what is made of a few lies within 1/64 of the largest. Libtorch's
    // products differ from processor to processor, though: small ones, and all where oneDNN has none of its own, are summed in bf16. What that makes of the composition is allowed twice.
    private void AssertClose(Func<Tensor[], Tensor> fused, Func<Tensor[], Tensor> composed, params Tensor[] inputs)
    {
        foreach (var type in new[] { float32, bfloat16 })
        {
            var drawn = inputs.Select(t => t.to(type)).ToArray();
            Tensor? seed = null;
            var actual = Values(fused, type);
            var exact = Values(composed, float64);
            var rounded = type == bfloat16 ? Values(composed, type) : null;
            actual[0].dtype.ShouldBe(type);
            for (var i = 0; i < actual.Length; i++)
            {
                var tolerance = rounded is null ? (i == 0 ? 2e-5 : 1e-4)
                    : (exact[i].abs().max().ToDouble() / 64) + (2 * (rounded[i].to(float64) - exact[i]).abs().max().ToDouble());
                actual[i].to(float64).ShouldBeClose(exact[i], tolerance);
            }

            // The result, and the gradient of each input.
            Tensor[] Values(Func<Tensor[], Tensor> function, ScalarType precision)
            {
                Tensor[] leaves = [.. drawn.Select(t => t.to(precision, copy: true).requires_grad_())];
                var result = function(leaves);
                seed ??= Draw(result.shape).to(type);
                result.backward([seed.to(precision)]);
                return [result.detach(), .. leaves.Select(leaf => leaf.grad!)];
            }
        }
    }

    private void AssertSame(Func<Tensor[], Tensor> fused, Func<Tensor[], Tensor> composed, params Tensor[] inputs)
    {
        Tensor[] Leaves() => [.. inputs.Select(t => t.clone().requires_grad_())];
        var (left, right) = (Leaves(), Leaves());
        var (a, b) = (fused(left), composed(right));
        a.ShouldBeClose(b, 1e-12);
        var seed = Draw(a.shape);
        a.backward([seed]);
        b.backward([seed]);
        for (var i = 0; i < inputs.Length; i++)
            left[i].grad!.ShouldBeClose(right[i].grad!, 1e-11);
    }
}
