using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Tests;

public sealed class ArithmeticTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Operators_take_tensors_and_numbers_on_either_side()
    {
        var x = tensor([1f, 2f, 4f]);
        var y = tensor([2f, 8f, 1f]);
        (x + y).ShouldHold(3, 10, 5);
        (x - y).ShouldHold(-1, -6, 3);
        (x * y).ShouldHold(2, 16, 4);
        (x / y).ShouldHold(0.5, 0.25, 4);
        (x + 1).ShouldHold(2, 3, 5);
        (1 - x).ShouldHold(0, -1, -3);
        (2.0 / x).ShouldHold(2, 1, 0.5);
        (0.5f * x).ShouldHold(0.5, 1, 2);
        (-x).ShouldHold(-1, -2, -4);
        (x * 2.5).dtype.ShouldBe(float32);
        (tensor([1L, 2L]) * 2.5).dtype.ShouldBe(float32);
        (tensor([1L, 2L]) + 1).dtype.ShouldBe(int64);
    }

    [Fact]
    public void In_place_functions_change_and_return_the_tensor_itself()
    {
        var x = tensor([1f, 2f, 3f]);
        x.add_(1).ShouldBeSameAs(x);
        x.ShouldHold(2, 3, 4);
        x.mul_(tensor([1f, 2f, 3f])).sub_(1).div_(2);
        x.ShouldHold(0.5, 2.5, 5.5);
        x.add_(tensor([1f, 1f, 1f]), -0.5).ShouldHold(0, 2, 5);
        x.addcmul_(tensor([1f, 2f, 3f]), tensor([2f, 2f, 2f]), 0.5).ShouldHold(1, 4, 8);
        x.addcdiv_(tensor([2f, 2f, 2f]), tensor([1f, 2f, 4f]), 10).ShouldHold(21, 14, 13);
        x.clamp_(13.5, 20).ShouldHold(20, 14, 13.5);
        x.sqrt_().pow_(2).ShouldHold(20, 14, 13.5);
        x.zero_().ShouldHold(0, 0, 0);
        x.fill_(7).ShouldHold(7, 7, 7);
    }

    [Fact]
    public void Elementwise_functions_give_their_known_values()
    {
        var x = tensor([-1.0, 0.0, 2.0]);
        x.exp().ShouldHold(Math.Exp(-1), 1, Math.Exp(2));
        x.tanh().ShouldHold(Math.Tanh(-1), 0, Math.Tanh(2));
        x.sigmoid().ShouldHold(1 / (1 + Math.E), 0.5, 1 / (1 + Math.Exp(-2)));
        x.relu().ShouldHold(0, 0, 2);
        x.abs().log1p().ShouldHold(Math.Log(2), 0, Math.Log(3));
        x.square().ShouldHold(1, 0, 4);
        x.pow(3).ShouldHold(-1, 0, 8);
        x.gelu().ShouldHold(-0.15865525393145707, 0, 1.9544997361036416);
        x.gelu(TorchSharp.Modules.GELU.Approximate.tanh).ShouldHold(-0.15880800939172324, 0, 1.9545976940877752);
        x.clamp(min: -0.5).ShouldHold(-0.5, 0, 2);
        x.clamp(max: 1).ShouldHold(-1, 0, 1);
        tensor([7.0, -7.0]).div(2, RoundingMode.floor).ShouldHold(3, -4);
        tensor([7.0, -7.0]).div(tensor([2.0, 2.0]), RoundingMode.trunc).ShouldHold(3, -3);
    }

    [Fact]
    public void Comparisons_give_booleans()
    {
        var x = tensor([1f, 2f, 3f]);
        var y = tensor([3f, 2f, 1f]);
        (x == y).dtype.ShouldBe(@bool);
        (x == y).ShouldHold(0, 1, 0);
        (x != 2).ShouldHold(1, 0, 1);
        (x > y).ShouldHold(0, 0, 1);
        (x >= y).ShouldHold(0, 1, 1);
        (x < 2).ShouldHold(1, 0, 0);
        (x <= y).ShouldHold(1, 1, 0);
        ((x > 1) & (y > 1)).ShouldHold(0, 1, 0);
        ((x > 2) | (y > 2)).ShouldHold(1, 0, 1);
        (~(x > 2)).ShouldHold(1, 1, 0);
        x.maximum(y).ShouldHold(3, 2, 3);
        x.minimum(y).ShouldHold(1, 2, 1);
        x.Equals(tensor([1f, 2f, 3f])).ShouldBeTrue();
        x.Equals(y).ShouldBeFalse();
        x.allclose(x + 1e-9).ShouldBeTrue();
    }

    [Fact]
    public void Not_a_number_and_infinity_are_found()
    {
        var x = tensor([1f, float.NaN, float.PositiveInfinity]);
        x.isnan().ShouldHold(0, 1, 0);
        x.isinf().ShouldHold(0, 0, 1);
        x.isfinite().ShouldHold(1, 0, 0);
        x.isfinite().all().ToBoolean().ShouldBeFalse();
        x.isnan().any().ToBoolean().ShouldBeTrue();
    }

    [Fact]
    public void Products_follow_their_shapes()
    {
        var a = arange(6, float32).view(2, 3);
        var b = arange(12, float32).view(3, 4);
        a.matmul(b).ShouldHold(20, 23, 26, 29, 56, 68, 80, 92);
        a.mm(b).Equals(a.matmul(b)).ShouldBeTrue();
        stack([a, a]).bmm(stack([b, b * 2]))[1].Equals(a.mm(b) * 2).ShouldBeTrue();
        zeros(2, 2, 4).baddbmm(stack([a, a]), stack([b, b]), alpha: 2)[0].Equals(a.mm(b) * 2).ShouldBeTrue();
        ones(2, 4).addmm(a, b, beta: 3).Equals(a.mm(b) + 3).ShouldBeTrue();
        tensor([1f, 2f]).dot(tensor([3f, 4f])).item<float>().ShouldBe(11);
    }

    [Fact]
    public void Reductions_run_over_all_or_some_dimensions()
    {
        var x = tensor(new float[,] { { 1, 2, 3 }, { 4, 5, 9 } });
        x.sum().ShouldHold(24);
        x.sum(0L).ShouldHold(5, 7, 12); // a literal 0 would be a ScalarType, here as in TorchSharp
        x.sum([0, 1], keepdim: true).shape.ShouldBe([1, 1]);
        x.mean().ShouldHold(4);
        x.mean([1], keepdim: true).ShouldHold(2, 6);
        x.var(1).ShouldHold(1, 7);
        x.var(1, unbiased: false).ShouldHold(2.0 / 3, 14.0 / 3);
        x.std(1).ShouldHold(1, Math.Sqrt(7));
        x.norm().ShouldHold(Math.Sqrt(136));
        x.norm(1, p: 1).ShouldHold(6, 18);
        x.max().ShouldHold(9);
        var (values, indexes) = x.max(1);
        values.ShouldHold(3, 9);
        indexes.ShouldHold(2, 2);
        x.argmax(0).ShouldHold(1, 1, 1);
        x.argmax().ShouldHold(5);
        x.cumsum(1).ShouldHold(1, 3, 6, 4, 9, 18);
        x.logsumexp(1).ShouldHold(Math.Log(Math.Exp(1) + Math.Exp(2) + Math.Exp(3)), Math.Log(Math.Exp(4) + Math.Exp(5) + Math.Exp(9)));
        x.topk(2).indexes.ShouldHold(2, 1, 2, 1);
    }
}
