using PeftStudio.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Tests;

/// <summary>The counter of live tensors is the process's, so these tests run with no other beside them.</summary>
[Collection(nameof(LifetimeTests))]
[CollectionDefinition(nameof(LifetimeTests), DisableParallelization = true)]
public sealed class LifetimeTests
{
    // What earlier tests forgot is collected first, or it would go in the middle of a count.
    public LifetimeTests() => Collect();

    [Fact]
    public void A_scope_frees_what_was_made_in_it_and_moves_what_was_asked_for()
    {
        var before = NativeRuntime.LiveTensors;
        using (var outer = NewDisposeScope())
        {
            Tensor kept, lost;
            using (var inner = NewDisposeScope())
            {
                CurrentDisposeScope.ShouldBeSameAs(inner);
                lost = ones(3);
                kept = (lost * 2).MoveToOuterDisposeScope();
                inner.DisposablesCount.ShouldBe(1);
            }
            CurrentDisposeScope.ShouldBeSameAs(outer);
            lost.IsInvalid.ShouldBeTrue();
            kept.ShouldHold(2, 2, 2);
            outer.Contains(kept).ShouldBeTrue();
        }
        CurrentDisposeScope.ShouldBeNull();
        NativeRuntime.LiveTensors.ShouldBe(before);
    }

    [Fact]
    public void A_detached_tensor_outlives_every_scope()
    {
        var before = NativeRuntime.LiveTensors;
        Tensor parameter;
        using (NewDisposeScope())
            parameter = ones(2).DetachFromDisposeScope();
        NativeRuntime.LiveTensors.ShouldBe(before + 1);
        parameter.ShouldHold(1, 1);
        parameter.Dispose();
        parameter.Dispose();
        NativeRuntime.LiveTensors.ShouldBe(before);
    }

    [Fact]
    public void A_disposed_tensor_says_so()
    {
        var tensor = ones(1);
        tensor.Dispose();
        Should.Throw<ObjectDisposedException>(() => tensor.add(1)).Message.ShouldContain("disposed");
        tensor.ToString().ShouldBe("a disposed tensor");
    }

    [Fact]
    public void A_tensor_disposed_by_hand_leaves_its_scope()
    {
        using var scope = NewDisposeScope();
        ones(1).Dispose();
        scope.DisposablesCount.ShouldBe(0);
        var kept = ones(1);
        scope.DisposeEverything();
        kept.IsInvalid.ShouldBeTrue();
        CurrentDisposeScope.ShouldBeSameAs(scope);
    }

    [Fact]
    public void Scopes_of_threads_are_their_own()
    {
        using var scope = NewDisposeScope();
        DisposeScope? seen = scope;
        Tensor? made = null;
        var thread = new Thread(() =>
        {
            seen = CurrentDisposeScope;
            made = ones(1);
        });
        thread.Start();
        thread.Join();
        seen.ShouldBeNull();
        scope.Contains(made!).ShouldBeFalse();
        made!.Dispose();
    }

    [Fact]
    public void A_scope_closed_out_of_order_does_not_disturb_the_others()
    {
        var outer = NewDisposeScope();
        var inner = NewDisposeScope();
        outer.Dispose();
        CurrentDisposeScope.ShouldBeSameAs(inner);
        var moved = ones(1).MoveToOuterDisposeScope();
        inner.Dispose();
        CurrentDisposeScope.ShouldBeNull();
        moved.IsInvalid.ShouldBeFalse();
        moved.Dispose();
    }

    [Fact]
    public void Forgotten_tensors_are_freed_by_the_collector()
    {
        var before = NativeRuntime.LiveTensors;
        Forget();
        Collect();
        NativeRuntime.LiveTensors.ShouldBe(before);

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static void Forget()
        {
            for (var i = 0; i < 10; i++)
                _ = ones(10);
        }
    }

    [Fact]
    public void A_training_step_leaks_nothing()
    {
        using var weight = randn(8, 8).requires_grad_();
        Step();
        var before = NativeRuntime.LiveTensors;
        for (var i = 0; i < 50; i++)
            Step();
        NativeRuntime.LiveTensors.ShouldBe(before);

        void Step()
        {
            using var scope = NewDisposeScope();
            nn.functional.linear(randn(4, 8), weight).gelu().sum().backward();
            using var none = no_grad();
            weight.add_(weight.grad!, -0.1);
            weight.grad = null;
        }
    }

    [Fact]
    public void A_wrapped_expression_gives_its_result_alone()
    {
        using var scope = NewDisposeScope();
        var result = WrappedTensorDisposeScope(() => (ones(2) + 1) * 3);
        result.ShouldHold(6, 6);
        scope.DisposablesCount.ShouldBe(1);
    }

    private static void Collect()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
