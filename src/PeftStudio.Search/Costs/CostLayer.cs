using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;

namespace PeftStudio.Search.Costs;

/// <summary>A method of one layer. <paramref name="Size"/>: rank, bottleneck or prefix length; 0 for methods that have none.</summary>
internal readonly record struct SizedMethod(PeftMethod Method, int Size);

/// <summary>One layer of a trial, in the order in which it is computed.</summary>
/// <param name="Rows">tokens for which the layer's output is wanted.</param>
/// <param name="Keys">tokens that it attends to.</param>
/// <param name="Cross">tokens of the encoder that a decoder's layer attends to; 0: it has no cross attention.</param>
/// <param name="HasGradients">whether it lies at or above the lowest layer that is trained.</param>
internal sealed record CostLayer(StackShape Stack, int Heads, double Rows, double Keys, double Cross, bool HasGradients, bool IsWhole, IReadOnlyList<SizedMethod> Methods)
{
    // A text-to-text model spells a label with a few tokens.
    private const double LabelTokens = 4;

    /// <param name="length">of all that rows have: the longest, or the mean.</param>
    public static IReadOnlyList<CostLayer> Of(CostFacts facts, Func<RowTokens, double> length)
    {
        var time = length(facts.Tokens);
        var stacks = facts.Shape.Stacks;
        var layers = new List<CostLayer>();
        var trained = facts.Design is null;
        for (var s = 0; s < stacks.Count; s++)
        {
            var own = !stacks[s].CrossAttention ? time
                : facts.Written is { } written ? length(written.Tokens)
                : facts.Shape.Architecture == "bart" ? time : LabelTokens;
            for (var i = 0; i < stacks[s].Layers; i++)
            {
                var methods = Tuning(facts, s, i);
                trained |= methods.Count > 0;
                // The head of an encoder reads the first token alone, so its last layer computes no other.
                var rows = stacks.Count == 1 && i == stacks[s].Layers - 1 ? 1 : own;
                layers.Add(new CostLayer(stacks[s], facts.Heads, rows, own, stacks[s].CrossAttention ? time : 0, trained, facts.Design is null, methods));
            }
        }
        return layers;
    }

    private static IReadOnlyList<SizedMethod> Tuning(CostFacts facts, int stack, int layer)
    {
        if (facts.Design is not { } design)
            return [];
        var (group, first) = (0, 0);
        for (var sizes = design.Groupings[stack].Sizes; layer >= first + sizes[group]; group++)
            first += sizes[group];
        var name = facts.Shape.Stacks[stack].Name;
        return [.. design.Methods[group].Names.Select(method => new SizedMethod(
            facts.Methods.First(known => known.Name == method), facts.Sizes?.Sizes.FirstOrDefault(size => size.Stack == name && size.Group == group && size.Method == method)?.Size ?? 0))];
    }
}
