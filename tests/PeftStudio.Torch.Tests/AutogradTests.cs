using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Tests;

public sealed class AutogradTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Backward_leaves_gradients_on_the_leaves_and_adds_up()
    {
        var x = tensor([1f, 2f]).requires_grad_();
        x.grad.ShouldBeNull();
        (x * x).sum().backward();
        x.grad!.ShouldHold(2, 4);
        (x * 3).backward([tensor([1f, 10f])]);
        x.grad!.ShouldHold(5, 34);
        x.grad = null;
        x.grad.ShouldBeNull();
    }

    [Fact]
    public void A_graph_is_kept_on_request_only()
    {
        var x = tensor(3f, requires_grad: true);
        var y = x * x;
        y.backward(retain_graph: true);
        y.backward();
        x.grad!.ShouldHold(12);
        Should.Throw<ExternalException>(() => y.backward()).Message.ShouldContain("second time");
    }

    [Fact]
    public void Nothing_is_recorded_under_no_grad()
    {
        var x = tensor([1f]).requires_grad_();
        is_grad_enabled().ShouldBeTrue();
        using (no_grad())
        {
            is_grad_enabled().ShouldBeFalse();
            (x * 2).requires_grad.ShouldBeFalse();
            using (enable_grad())
                (x * 2).requires_grad.ShouldBeTrue();
            is_grad_enabled().ShouldBeFalse();
        }
        is_grad_enabled().ShouldBeTrue();
        (x * 2).requires_grad.ShouldBeTrue();
        (x * 2).detach().requires_grad.ShouldBeFalse();
        (x * 2).is_leaf.ShouldBeFalse();
    }

    [Fact]
    public void Grad_returns_gradients_and_null_for_what_was_not_used()
    {
        var x = tensor([2.0], requires_grad: true);
        var unused = tensor([1.0], requires_grad: true);
        var y = x.pow(3).sum();
        var first = autograd.grad([y], [x, unused], create_graph: true, allow_unused: true);
        first[0].ShouldHold(12);
        (first[1] is null).ShouldBeTrue();
        autograd.grad([first[0].sum()], [x])[0].ShouldHold(12);
        x.grad.ShouldBeNull();
    }

    /// <summary>One flat buffer of parameters: detached leaves over its slices, whose gradients are slices of a flat gradient.</summary>
    [Fact]
    public void Leaves_over_slices_of_a_flat_buffer_gather_their_gradients_in_a_flat_gradient()
    {
        var parameters = tensor([1f, 2f, 3f, 4f, 5f, 6f]);
        var gradient = zeros(6);
        var matrix = parameters.narrow(0, 0, 4).view(2, 2).detach().requires_grad_();
        var bias = parameters.narrow(0, 4, 2).detach().requires_grad_();
        matrix.grad = gradient.narrow(0, 0, 4).view(2, 2);
        bias.grad = gradient.narrow(0, 4, 2);

        (nn.functional.linear(tensor(new float[,] { { 10, 100 } }), matrix, bias) * tensor([1f, 2f])).sum().backward();
        gradient.ShouldHold(10, 100, 20, 200, 1, 2);

        parameters.add_(gradient, -1);
        matrix.ShouldHold(-9, -98, -17, -196);
        bias.ShouldHold(4, 4);

        gradient.zero_();
        (bias * 2).sum().backward();
        gradient.ShouldHold(0, 0, 0, 0, 2, 2);
    }

    [Fact]
    public void Frozen_weights_get_no_gradient()
    {
        var frozen = ones(2, 2);
        var x = ones([1, 2], requires_grad: true);
        nn.functional.linear(x, frozen).sum().backward();
        frozen.grad.ShouldBeNull();
        x.grad!.ShouldHold(2, 2);
    }

    [Theory]
    [InlineData("gelu"), InlineData("tanh"), InlineData("softmax"), InlineData("layer_norm"), InlineData("silu"), InlineData("logsumexp"), InlineData("norm"), InlineData("gather"), InlineData("index_select")]
    public void Gradients_are_those_of_finite_differences(string name)
    {
        Func<Tensor, Tensor> function = name switch
        {
            "gelu" => x => x.gelu(),
            "tanh" => x => x.tanh(),
            "softmax" => x => x.softmax(-1),
            "layer_norm" => x => nn.functional.layer_norm(x, [4]),
            "silu" => x => nn.functional.silu(x),
            "logsumexp" => x => x.logsumexp(1),
            "norm" => x => x.norm(1),
            "gather" => x => x.gather(1, tensor([3L, 0L, 1L], [3, 1])),
            _ => x => x.index_select(0, tensor([2L, 2L, 0L])),
        };
        var generator = new Generator(5);
        var input = randn(3, 4, float64, generator: generator).requires_grad_();
        using var first = function(input);
        var weights = randn(first.shape, float64, generator: generator);
        (first * weights).sum().backward();
        var gradient = Numbers.Of(input.grad!);

        using var noGrad = no_grad();
        var flat = input.view(-1);
        for (var i = 0; i < gradient.Length; i++)
        {
            var kept = flat[i].item<double>();
            flat[i] = tensor(kept + 1e-6);
            var up = (function(input) * weights).sum().item<double>();
            flat[i] = tensor(kept - 1e-6);
            var down = (function(input) * weights).sum().item<double>();
            flat[i] = tensor(kept);
            gradient[i].ShouldBe((up - down) / 2e-6, 1e-6, $"{name}, element {i}");
        }
    }
}
