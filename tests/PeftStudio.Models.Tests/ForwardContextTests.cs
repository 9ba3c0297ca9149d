using PeftStudio.Models.Backbones;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

public sealed class ForwardContextTests
{
    [Fact]
    public void Designs_with_and_without_a_prefix_share_the_masks_of_tokens()
    {
        using var scope = NewDisposeScope();
        var with = ForwardContext.Training(7, 0.5);
        var without = ForwardContext.Training(7, 0.5);
        var (wide, narrow) = (with.Attention(0.1, prefix: 3), without.Attention(0.1, prefix: 0));
        (wide.Probability, wide.Seed, wide.Prefix).ShouldBe((0.5, narrow.Seed, 3));
        wide.PrefixSeed.ShouldNotBe(wide.Seed);
        var input = ones([4, 6]);
        with.Dropped(input, 0.1).data<float>().ToArray().ShouldBe(without.Dropped(input, 0.1).data<float>().ToArray());
    }

    [Fact]
    public void No_two_masks_of_a_context_are_the_same()
    {
        using var scope = NewDisposeScope();
        var context = ForwardContext.Training(7, 0.5);
        var input = ones([4, 60]);
        context.Dropped(input, 0.1).data<float>().ToArray().ShouldNotBe(context.Dropped(input, 0.1).data<float>().ToArray());
        context.Attention(0.1, 0).Seed.ShouldNotBe(context.Attention(0.1, 0).Seed);
    }

    [Fact]
    public void What_is_kept_is_scaled_and_what_is_dropped_is_as_often_as_asked()
    {
        using var scope = NewDisposeScope();
        var context = ForwardContext.Training(7);
        var values = context.Dropped(ones([100_000]), 0.2).data<float>().ToArray();
        values.Distinct().Order().ShouldBe([0f, 1.25f]);
        values.Count(v => v == 0).ShouldBeInRange(19_500, 20_500);
    }

    [Fact]
    public void In_evaluation_nothing_is_drawn_or_dropped()
    {
        using var scope = NewDisposeScope();
        var input = ones([3]);
        ForwardContext.Evaluation.Dropped(input, 0.5).ShouldBeSameAs(input);
        ForwardContext.Evaluation.Attention(0.5, 1).Probability.ShouldBe(0);
        ForwardContext.Evaluation.IsTraining.ShouldBeFalse();
        var none = ForwardContext.Training(1, 0);
        none.Dropped(input, 0.5).ShouldBeSameAs(input);
        Should.Throw<ArgumentOutOfRangeException>(() => ForwardContext.Training(1, 1));
    }
}
