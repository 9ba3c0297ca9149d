using PeftStudio.Models.Peft;
using PeftStudio.Search;

namespace PeftStudio.Models.Exports;

/// <summary>What a layout does not carry of a plan, in sentences: one for each method and reason, with its layers.</summary>
internal static class LeftOutText
{
    public static ValueList<string> Of(InsertionPlan plan, IExportLayout layout)
    {
        var stacks = plan.Modules.Any(m => m.Stack == "decoder");
        var modules = plan.Modules.GroupBy(m => (m.Method, Reason: layout.Against(m, plan))).Where(g => g.Key.Reason is not null)
            .Select(g => $"{g.Key.Method} in {Places(g, stacks)}: {g.Key.Reason}");
        var tensors = plan.Tensors.GroupBy(t => (t.Group, Reason: layout.Against(t))).Where(g => g.Key.Reason is not null)
            .Select(g => $"{g.Key.Group}, {g.Count()} tensors from {g.First().Key} on: {g.Key.Reason}");
        return modules.Concat(tensors).ToValueList();
    }

    /// <summary>"layer 3"; of two stacks "the encoder's layer 3 and the decoder's layers 0-2".</summary>
    private static string Places(IEnumerable<ModulePlacement> modules, bool stacks) => stacks
        ? string.Join(" and ", modules.GroupBy(m => m.Stack, StringComparer.Ordinal).Select(stack => $"the {stack.Key}'s {Layers(stack.Select(m => m.Layer))}"))
        : Layers(modules.Select(m => m.Layer));

    /// <summary>"layer 3", "layers 0-2, 5"; counted from 0 as in the files.</summary>
    private static string Layers(IEnumerable<int> layers)
    {
        var ranges = new List<(int First, int Last)>();
        foreach (var layer in layers.Distinct().Order())
            if (ranges.Count > 0 && ranges[^1].Last == layer - 1)
                ranges[^1] = (ranges[^1].First, layer);
            else
                ranges.Add((layer, layer));
        var single = ranges is [var (first, last)] && first == last;
        return $"layer{(single ? "" : "s")} {string.Join(", ", ranges.Select(r => r.First == r.Last ? $"{r.First}" : $"{r.First}-{r.Last}"))}";
    }
}
