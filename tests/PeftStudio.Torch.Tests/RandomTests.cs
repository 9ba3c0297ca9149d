using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Tests;

public sealed class RandomTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void The_same_seed_gives_the_same_numbers_and_another_does_not()
    {
        Tensor Draw(ulong seed) => randn(100, generator: new Generator(seed));
        Draw(1).Equals(Draw(1)).ShouldBeTrue();
        Draw(1).Equals(Draw(2)).ShouldBeFalse();
    }

    [Fact]
    public void A_generator_is_not_disturbed_by_the_default_one()
    {
        using var a = new Generator(9);
        var first = zeros(50).normal_(generator: a);
        var second = zeros(50).uniform_(-1, 1, a);
        using var b = new Generator(9);
        manual_seed(1);
        _ = randn(1000);
        zeros(50).normal_(generator: b).Equals(first).ShouldBeTrue();
        _ = rand(1000);
        zeros(50).uniform_(-1, 1, b).Equals(second).ShouldBeTrue();
    }

    [Fact]
    public void A_state_can_be_kept_and_set()
    {
        using var generator = new Generator(4);
        _ = rand(10, generator: generator);
        var state = generator.get_state();
        var next = rand(10, generator: generator);
        generator.set_state(state);
        rand(10, generator: generator).Equals(next).ShouldBeTrue();
        generator.manual_seed(4);
        generator.initial_seed().ShouldBe(4);
        _ = rand(10, generator: generator);
        rand(10, generator: generator).Equals(next).ShouldBeTrue();
    }

    [Fact]
    public void Draws_follow_their_distributions()
    {
        using var generator = new Generator(11);
        empty(20_000).bernoulli_(0.3, generator).mean().ToDouble().ShouldBe(0.3, 0.02);
        var normal = empty(20_000).normal_(2, 0.5, generator);
        normal.mean().ToDouble().ShouldBe(2, 0.02);
        normal.std().ToDouble().ShouldBe(0.5, 0.02);
        var uniform = empty(20_000).uniform_(-1, 3, generator);
        uniform.min().ToDouble().ShouldBeGreaterThanOrEqualTo(-1);
        uniform.max().ToDouble().ShouldBeLessThan(3);
        uniform.mean().ToDouble().ShouldBe(1, 0.05);
        var order = randperm(100, generator: generator);
        order.sum().ToInt64().ShouldBe(4950);
        var dice = randint(1, 7, [10_000], generator: generator);
        dice.min().ToInt64().ShouldBe(1);
        dice.max().ToInt64().ShouldBe(6);
    }

    [Fact]
    public void The_default_generator_is_seeded_by_manual_seed()
    {
        // Other tests draw from it too, so the two draws share one lock-free moment of their own thread: the values only have to follow the state.
        var state = manual_seed(5).get_state();
        using var generator = new Generator(0);
        generator.set_state(state);
        using var seeded = new Generator(5);
        rand(5, generator: generator).Equals(rand(5, generator: seeded)).ShouldBeTrue();
    }
}
