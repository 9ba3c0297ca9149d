using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace PeftStudio.Tests;

public sealed class TransformerTests
{
    private const int Width = 8;

    /// <summary>One post-norm BERT layer, in double precision: the gradient of every parameter against central differences.</summary>
    [Fact]
    public void A_transformer_layer_has_the_gradients_of_finite_differences()
    {
        using var scope = NewDisposeScope();
        var generator = new Generator(7);
        Tensor Weight(params long[] shape) => (randn(shape, float64, generator: generator) * 0.3).detach().requires_grad_();
        Dictionary<string, Tensor> p = new(StringComparer.Ordinal)
        {
            ["embedding"] = Weight(11, Width),
            ["q"] = Weight(Width, Width),
            ["k"] = Weight(Width, Width),
            ["v"] = Weight(Width, Width),
            ["o"] = Weight(Width, Width),
            ["bias"] = Weight(Width),
            ["norm.weight"] = Weight(Width),
            ["norm.bias"] = Weight(Width),
            ["in"] = Weight(16, Width),
            ["out"] = Weight(Width, 16),
            ["head"] = Weight(3, Width),
        };
        var ids = tensor([1, 2, 3, 4, 5, 0, 7, 8, 2, 0], [2, 5], dtype: int64);
        var mask = (ids == 0).unsqueeze(1).unsqueeze(1) * -1e4; // (batch, 1, 1, time)
        var labels = tensor([2L, 0L]);

        Tensor Loss()
        {
            var x = p["embedding"].index_select(0, ids.view(-1)).view(2, 5, Width);
            Tensor Heads(Tensor t) => t.view(2, 5, 2, Width / 2).transpose(1, 2);
            var q = Heads(F.linear(x, p["q"], p["bias"]));
            var scores = q.matmul(Heads(F.linear(x, p["k"])).transpose(-2, -1)) / Math.Sqrt(Width / 2) + mask;
            var context = F.softmax(scores, -1).matmul(Heads(F.linear(x, p["v"])));
            x = F.layer_norm(x + F.linear(context.transpose(1, 2).reshape(2, 5, Width), p["o"]), [Width], p["norm.weight"], p["norm.bias"], 1e-12);
            x = x + F.linear(F.gelu(F.linear(x, p["in"])), p["out"]);
            return F.cross_entropy(F.linear(x.select(1, 0).tanh(), p["head"]), labels);
        }

        Loss().backward();
        foreach (var (name, parameter) in p)
        {
            var gradient = parameter.grad!.data<double>().ToArray();
            for (var i = 0; i < gradient.Length; i += 5)
            {
                using var inner = NewDisposeScope();
                using var noGrad = no_grad();
                var flat = parameter.view(-1);
                var kept = flat[i].item<double>();
                flat[i] = tensor(kept + 1e-5);
                var up = Loss().item<double>();
                flat[i] = tensor(kept - 1e-5);
                var down = Loss().item<double>();
                flat[i] = tensor(kept);
                gradient[i].ShouldBe((up - down) / 2e-5, 1e-7, name);
            }
        }
    }

    /// <summary>Frozen weights and activations in bf16, the trained pair in fp32: near the fp32 result, gradients in fp32.</summary>
    [Fact]
    public void A_frozen_layer_in_bfloat16_stays_near_float32()
    {
        using var scope = NewDisposeScope();
        var generator = new Generator(13);
        Tensor Draw(params long[] shape) => randn(shape, generator: generator) * 0.3;
        var (x, weight, bias, a) = (Draw(4, 6, 32), Draw(32, 32), Draw(32), Draw(2, 32));
        var (full, fullGradient) = Run(float32);
        var (low, lowGradient) = Run(bfloat16);
        low.ShouldBeClose(full, 0.05);
        lowGradient.dtype.ShouldBe(float32);
        ((lowGradient - fullGradient).norm() / fullGradient.norm()).ToDouble().ShouldBeLessThan(0.02);

        (Tensor Output, Tensor Gradient) Run(ScalarType type)
        {
            var b = ones(32, 2).mul_(0.1).requires_grad_();
            var hidden = PeftStudio.Torch.Kernels.LoraLinear(x.to(type), weight.to(type), bias.to(type), a, b, 1);
            var output = F.layer_norm(F.gelu(hidden), [32], ones(32, type), zeros(32, type)).to(float32);
            (output * x).sum().backward();
            return (output, b.grad!);
        }
    }
}
