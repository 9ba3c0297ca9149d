using PeftStudio.Search.DesignSpaces;

namespace PeftStudio.Search.Samplers;

/// <summary>
/// Each component uniformly among its open choices, with random numbers of its own: a pattern, then one of its vectors for each stack; an allocation; a set of tunable
/// groups; a strategy for each tunable group. Spaces that differ in one component get the same draws of the others.
/// </summary>
public sealed class RandomSampler : ISampler
{
    public Design Draw(DesignSpace space, BackboneShape shape, RandomKey key)
    {
        var pattern = key.Stream("pattern").Pick(space.Patterns);
        var vectors = space.Vectors(pattern, shape).Select((open, stack) => key.Stream($"vector.{stack}").Pick(open)).ToValueList();
        var allocation = key.Stream("allocation").Pick(space.Allocations);
        var tunable = key.Stream("tunable").Pick(space.Tunables);
        var methods = space.Strategies.Select((sets, group) =>
            tunable.Contains(group) ? key.Stream($"strategy.{group}").Pick(sets) : MethodSet.Empty).ToValueList();
        return new Design(pattern, vectors, allocation, tunable, methods);
    }
}
