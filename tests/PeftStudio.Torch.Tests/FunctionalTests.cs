using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace PeftStudio.Tests;

public sealed class FunctionalTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Linear_is_x_times_the_transposed_weight_plus_bias()
    {
        var x = tensor(new float[,] { { 1, 2 }, { 3, 4 } });
        var weight = tensor(new float[,] { { 1, 0 }, { 0, 1 }, { 1, 1 } });
        F.linear(x, weight).ShouldHold(1, 2, 3, 3, 4, 7);
        F.linear(x, weight, tensor([10f, 20f, 30f])).ShouldHold(11, 22, 33, 13, 24, 37);
    }

    [Fact]
    public void Layer_norm_centres_and_scales_the_last_dimensions()
    {
        var x = tensor(new double[,] { { 1, 3 }, { -2, 6 } });
        F.layer_norm(x, [2], eps: 0).ShouldHold(-1, 1, -1, 1);
        F.layer_norm(x, [2], tensor([2.0, 3.0]), tensor([0.5, 0.0]), 0).ShouldHold(-1.5, 3, -1.5, 3);
        F.layer_norm(x, [2], eps: 3).ShouldHold(-0.5, 0.5, -4 / Math.Sqrt(19), 4 / Math.Sqrt(19));
    }

    [Fact]
    public void Softmax_and_its_logarithm_agree()
    {
        var x = tensor([0.0, Math.Log(3)]);
        F.softmax(x, 0).ShouldHold(0.25, 0.75);
        F.log_softmax(x, 0).ShouldHold(Math.Log(0.25), Math.Log(0.75));
        F.softmax(x.to(bfloat16), 0, float32).dtype.ShouldBe(float32);
    }

    [Fact]
    public void Cross_entropy_averages_over_the_rows_that_count()
    {
        var logits = tensor(new double[,] { { 0, Math.Log(3) }, { Math.Log(4), 0 }, { 5, 5 } });
        var target = tensor([1L, 1L, -100L]);
        var first = -Math.Log(0.75);
        var second = -Math.Log(0.2);
        F.cross_entropy(logits, target).ShouldHold((first + second) / 2);
        F.cross_entropy(logits, target, reduction: nn.Reduction.Sum).ShouldHold(first + second);
        F.cross_entropy(logits, target, reduction: nn.Reduction.None).ShouldHold(first, second, 0);
        F.mse_loss(tensor([1.0, 2.0]), tensor([2.0, 4.0])).ShouldHold(2.5);
        F.binary_cross_entropy_with_logits(tensor([0.0]), tensor([1.0])).ShouldHold(Math.Log(2));
    }

    [Fact]
    public void Activations_out_of_and_in_place()
    {
        var x = tensor([-1f, 2f]);
        F.relu(x).ShouldHold(0, 2);
        F.silu(x).ShouldHold(-1 / (1 + Math.E), 2 / (1 + Math.Exp(-2)));
        F.logsigmoid(tensor([0.0])).ShouldHold(-Math.Log(2));
        F.tanh(x, inplace: true).ShouldBeSameAs(x);
        x.ShouldHold(Math.Tanh(-1), Math.Tanh(2));
        Should.Throw<NotSupportedException>(() => F.silu(x, inplace: true));
    }

    [Fact]
    public void Dropout_keeps_the_expectation_and_is_nothing_in_evaluation()
    {
        manual_seed(3);
        var x = ones(10_000);
        F.dropout(x, 0.25, training: false).Equals(x).ShouldBeTrue();
        var dropped = F.dropout(x, 0.25);
        ((dropped == 0) | ((dropped - (1 / 0.75)).abs() < 1e-6)).all().ToBoolean().ShouldBeTrue();
        dropped.mean().ToDouble().ShouldBe(1, 0.05);
    }

    [Fact]
    public void Scaled_dot_product_attention_scales_by_the_root_of_the_head_size()
    {
        var generator = new Generator(1);
        var q = randn(1, 2, 3, 4, float64, generator: generator);
        var k = randn(1, 2, 5, 4, float64, generator: generator);
        var v = randn(1, 2, 5, 4, float64, generator: generator);
        var expected = F.softmax(q.matmul(k.transpose(-2, -1)) / 2, -1).matmul(v);
        F.scaled_dot_product_attention(q, k, v).ShouldBeClose(expected, 1e-12);
        var seen = tensor([true, true, false, true, false]).expand(1, 2, 3, 5);
        var alone = F.softmax((q.matmul(k.transpose(-2, -1)) / 2).masked_fill(~seen, double.NegativeInfinity), -1).matmul(v);
        F.scaled_dot_product_attention(q, k, v, seen).ShouldBeClose(alone, 1e-12);
        var causal = F.scaled_dot_product_attention(q, q, q, is_casual: true);
        causal.select(2, 0).ShouldBeClose(q.select(2, 0), 1e-12);
    }
}
