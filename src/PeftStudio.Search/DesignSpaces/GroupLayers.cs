using PeftStudio.Search.Methods;

namespace PeftStudio.Search.DesignSpaces;

/// <summary>The tuned layers of one group in one stack while the budget is divided. All costs are parameters a layer.</summary>
internal sealed class GroupLayers
{
    private readonly Item[] items;

    /// <param name="group">counted from 0.</param>
    /// <param name="methods">the group's methods in the order of its set.</param>
    public GroupLayers(int stackIndex, StackShape stack, int group, int layers, int weight, IEnumerable<PeftMethod> methods)
    {
        (StackIndex, Stack, Group, Layers, Weight) = (stackIndex, stack, group, layers, weight);
        items = [.. methods.Select(method => new Item(method, method.FixedParameters(stack), method.UnitParameters(stack)))];
    }

    public int StackIndex { get; }

    public StackShape Stack { get; }

    public int Group { get; }

    public int Layers { get; }

    public int Weight { get; }

    public int Methods => items.Length;

    /// <summary>False for a group with methods of fixed size alone: it cannot use its share, and what it leaves is not moved.</summary>
    public bool IsSized => Array.Exists(items, item => item.Unit > 0);

    /// <summary>Whether one of its methods has a size of its own.</summary>
    public bool HasOwnSize => Array.Exists(items, item => item.Method.Size is not null);

    public long Minimum => items.Sum(item => item.Minimum);

    public long PerLayer => items.Sum(item => item.Fixed + (item.Size * item.Unit));

    /// <summary>What one more unit of the method costs; 0 for a method of fixed size.</summary>
    public long Unit(int method) => items[method].Unit;

    public void Grow(int method) => items[method].Size++;

    public void TakeMinimum()
    {
        foreach (var item in items)
            item.Size = item.Unit > 0 ? 1 : item.Size;
    }

    /// <summary>
    /// Splits a layer's share <paramref name="numerator"/> / <paramref name="denominator"/>, which is at least the minimum: fixed sizes first, the rest evenly over the sized
    /// methods, rounded down, at least 1. A method whose minimum is above its part keeps it and the others' parts shrink, so that the sum stays within the share.
    /// </summary>
    public void TakeShare(Int128 numerator, Int128 denominator)
    {
        TakeMinimum();
        var open = items.Where(item => item.Unit > 0).ToList();
        var left = numerator - (denominator * items.Where(item => item.Unit == 0).Sum(item => item.Fixed));
        while (open.Find(item => left < denominator * open.Count * item.Minimum) is { } pinned)
        {
            left -= denominator * pinned.Minimum;
            open.Remove(pinned);
        }
        foreach (var item in open)
            item.Size = checked((int)((left - (denominator * open.Count * item.Fixed)) / (denominator * open.Count * item.Unit)));
    }

    public IEnumerable<MethodSize> Sizes() =>
        items.Select(item => new MethodSize(Stack.Name, Group, item.Method.Name, item.Size, item.Fixed + (item.Size * item.Unit)));

    private sealed class Item(PeftMethod method, long @fixed, long unit)
    {
        public PeftMethod Method => method;

        public long Fixed => @fixed;

        public long Unit => unit;

        public long Minimum => @fixed + unit;

        public int Size { get; set; } = method.Size ?? 0;
    }
}
