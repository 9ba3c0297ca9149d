using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Tests;

public sealed class ShapeTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void A_tensor_tells_its_shape_type_and_place()
    {
        var x = zeros([2, 3, 4], bfloat16);
        x.shape.ShouldBe([2, 3, 4]);
        x.stride().ShouldBe([12, 4, 1]);
        x.size(-1).ShouldBe(4);
        x.ndim.ShouldBe(3);
        x.numel().ShouldBe(24);
        x.dtype.ShouldBe(bfloat16);
        x.ElementSize.ShouldBe(2);
        x.device.ToString().ShouldBe("cpu");
        x.is_cuda.ShouldBeFalse();
        x.is_floating_point().ShouldBeTrue();
        x.ToString().ShouldBe("[2x3x4], type = BFloat16, device = cpu");
        zeros([]).shape.ShouldBeEmpty();
    }

    [Fact]
    public void Views_share_memory_and_copies_do_not()
    {
        var x = arange(6, float32);
        var view = x.view(2, 3).transpose(0, 1);
        view.is_contiguous().ShouldBeFalse();
        view.shape.ShouldBe([3, 2]);
        view.ShouldHold(0, 3, 1, 4, 2, 5);
        var copy = view.contiguous();
        x.mul_(10);
        view.ShouldHold(0, 30, 10, 40, 20, 50);
        copy.ShouldHold(0, 3, 1, 4, 2, 5);
        x.narrow(0, 2, 2).fill_(-1);
        x.ShouldHold(0, 10, -1, -1, 40, 50);
    }

    [Fact]
    public void Shapes_change_as_asked()
    {
        var x = arange(24, int64).view(2, 3, 4);
        x.permute(2, 0, 1).shape.ShouldBe([4, 2, 3]);
        x.reshape(4, -1).shape.ShouldBe([4, 6]);
        x.flatten(1).shape.ShouldBe([2, 12]);
        x.unsqueeze(1).shape.ShouldBe([2, 1, 3, 4]);
        x.unsqueeze(1).squeeze(1).shape.ShouldBe([2, 3, 4]);
        x.select(0, 1).shape.ShouldBe([3, 4]);
        x.slice(2, 0, 4, 2).shape.ShouldBe([2, 3, 2]);
        x[1, 2].ShouldHold(20, 21, 22, 23);
        x.mT.shape.ShouldBe([2, 4, 3]);
        ones(3, 1).expand(-1, 4).shape.ShouldBe([3, 4]);
        ones(2, 2).repeat(2, 3).shape.ShouldBe([4, 6]);
        x.split(2, 1).Select(t => t.size(1)).ShouldBe([2, 1]);
        x.chunk(2, 2).Select(t => t.size(2)).ShouldBe([2, 2]);
        x.unbind(1).Length.ShouldBe(3);
        arange(3).flip(0).ShouldHold(2, 1, 0);
    }

    [Fact]
    public void Joining_and_picking()
    {
        var x = tensor(new float[,] { { 1, 2 }, { 3, 4 } });
        cat([x, x], 1).shape.ShouldBe([2, 4]);
        stack([x, x]).shape.ShouldBe([2, 2, 2]);
        x.index_select(0, tensor([1L, 0L, 1L])).ShouldHold(3, 4, 1, 2, 3, 4);
        x.gather(1, tensor([1L, 0L], [2, 1])).ShouldHold(2, 3);
        x.masked_fill(x > 2, -1).ShouldHold(1, 2, -1, -1);
        x.masked_select(x > 2).ShouldHold(3, 4);
        where(x > 2, x, zeros(2, 2)).ShouldHold(0, 0, 3, 4);
        zeros(2, 2).index_add_(0, tensor([1L, 1L]), x, 2).ShouldHold(0, 0, 8, 12);
        zeros(2, 2).scatter_(1, tensor([1L, 0L], [2, 1]), tensor([5f, 6f], [2, 1])).ShouldHold(0, 5, 6, 0);
        x.tril().ShouldHold(1, 0, 3, 4);
        x.triu(1).ShouldHold(0, 2, 0, 0);
        eye(2).ShouldHold(1, 0, 0, 1);
        (x > 2).nonzero().ShouldHold(1, 0, 1, 1);
        nn.functional.one_hot(tensor([2L, 0L]), 3).ShouldHold(0, 0, 1, 1, 0, 0);
    }

    [Fact]
    public void Types_convert()
    {
        var x = tensor([1.5f, -2.25f]);
        x.to(bfloat16).dtype.ShouldBe(bfloat16);
        x.half().@float().ShouldHold(1.5, -2.25);
        x.@long().ShouldHold(1, -2);
        x.to(float64, CPU).dtype.ShouldBe(float64);
        x.type_as(tensor([1L])).dtype.ShouldBe(int64);
        x.@bool().ShouldHold(1, 1);
        var kept = x.to(float32);
        kept.ShouldNotBeSameAs(x);
        kept.add_(1);
        x.ShouldHold(2.5, -1.25);
        x.to(float32, copy: true).add_(1);
        x.ShouldHold(2.5, -1.25);
        x.clone().copy_(tensor([3L, 4L])).ShouldHold(3, 4);
    }

    [Fact]
    public void Creation_follows_PyTorchs_types()
    {
        arange(3).dtype.ShouldBe(int64);
        arange(0.0, 1.0, 0.25).ShouldHold(0, 0.25, 0.5, 0.75);
        full([2], 3).dtype.ShouldBe(int64);
        full([2], 3.0).dtype.ShouldBe(float32);
        tensor([1, 2]).dtype.ShouldBe(int32);
        tensor([1, 2], dtype: int64).dtype.ShouldBe(int64);
        tensor(2.5f).shape.ShouldBeEmpty();
        tensor([true, false]).dtype.ShouldBe(@bool);
        ones(2, 3).sum().ShouldHold(6);
        zeros_like(ones(2, 3)).shape.ShouldBe([2, 3]);
        torch.full_like(ones(2), 4).ShouldHold(4, 4);
    }
}
