using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Sequences;

/// <summary>
/// A task's labels as a language model writes them: each a row of tokens that ends with the end token, together a tree of beginnings. Only these may be written: at each
/// beginning the tokens that go on to a label share the whole probability.
/// </summary>
public sealed class LabelWords
{
    private readonly int[][] labels;
    private readonly List<(int Parent, int Token, SortedDictionary<int, int> Next)> nodes = []; // Next: token -> node, or ~label
    private readonly int[] tokens;
    private readonly long[] targets; // (labels, longest)
    private readonly float[] allowed; // (nodes, tokens): 1 for what goes on to a label
    private readonly float[] paths; // (nodes x tokens, labels): 1 for what a label is made of

    /// <param name="labels">tokens of each label, the end token last.</param>
    /// <param name="values">what each label stands for, where labels are numbers.</param>
    /// <exception cref="ArgumentException">Fewer than two labels, one without tokens, or two that are written alike or where one continues the other.</exception>
    public LabelWords(IReadOnlyList<int[]> labels, IReadOnlyList<float>? values = null)
    {
        if (labels.Count < 2)
            throw new ArgumentException($"{labels.Count} labels; at least 2 are wanted", nameof(labels));
        if (values is not null && values.Count != labels.Count)
            throw new ArgumentException($"{values.Count} values for {labels.Count} labels", nameof(values));
        (this.labels, Values) = ([.. labels], values);
        nodes.Add((-1, -1, []));
        for (var label = 0; label < labels.Count; label++)
            Add(label);
        tokens = [.. labels.SelectMany(label => label).Distinct().Order()];
        var longest = labels.Max(label => label.Length);
        targets = [.. labels.SelectMany(label => label.Select(token => (long)token).Concat(Enumerable.Repeat(Targets.Ignored, longest - label.Length)))];
        Layout = DecoderLayout.Tree([.. nodes.Select(node => node.Parent)]);
        (allowed, paths) = Masks();
    }

    public int Count => labels.Length;

    /// <summary>Null: labels are names.</summary>
    public IReadOnlyList<float>? Values { get; }

    /// <summary>The inputs of a decoder that has every beginning before it: the start token, and after it what the labels begin with.</summary>
    internal long[] Inputs(int start) => [.. nodes.Select(node => node.Token < 0 ? start : (long)node.Token)];

    /// <summary>Which input continues which.</summary>
    internal DecoderLayout Layout { get; }

    /// <summary>All tokens that any label has, in order.</summary>
    internal long[] Tokens => [.. tokens.Select(token => (long)token)];

    /// <summary>The label whose value is nearest, the lower of two.</summary>
    public int Nearest(float value)
    {
        if (Values is null)
            throw new InvalidOperationException("the labels are names, not numbers");
        var nearest = 0;
        for (var label = 1; label < Count; label++)
            if (Math.Abs(Values[label] - value) < Math.Abs(Values[nearest] - value))
                nearest = label;
        return nearest;
    }

    /// <summary>What a decoder that takes the likeliest token at each step, among those that go on to a label, writes in the end; of equals the lower token.</summary>
    /// <param name="logProbabilities">of the labels, as the model gives them.</param>
    public int Greedy(ReadOnlySpan<float> logProbabilities)
    {
        // A beginning's probability is the sum of its labels', so the tree of sums is all that is needed.
        var sums = new double[nodes.Count];
        for (var label = 0; label < Count; label++)
        {
            var (p, node) = (Math.Exp(logProbabilities[label]), 0);
            foreach (var token in labels[label])
            {
                sums[node] += p;
                node = nodes[node].Next[token];
                if (node < 0)
                    break;
            }
        }
        var at = 0;
        while (at >= 0)
        {
            var (best, largest) = (nodes[at].Next.Values.First(), double.NegativeInfinity);
            foreach (var next in nodes[at].Next.Values)
            {
                var p = next >= 0 ? sums[next] : Math.Exp(logProbabilities[~next]);
                if (p > largest)
                    (best, largest) = (next, p);
            }
            at = best;
        }
        return ~at;
    }

    /// <summary>The tokens of each row's label: (rows, longest of all labels), int64, ignored behind the end; in the caller's scope.</summary>
    /// <param name="chosen">(rows), int64 labels</param>
    internal Tensor TargetsOf(Tensor chosen)
    {
        using var scope = NewDisposeScope();
        return tensor(targets, [Count, targets.Length / Count], device: chosen.device).index_select(0, chosen).MoveToOuterDisposeScope();
    }

    /// <param name="logits">(rows, inputs, tokens): for each of <see cref="Inputs"/> each of <see cref="Tokens"/></param>
    /// <returns>log probabilities (rows, labels), which sum to one, in the caller's scope</returns>
    internal Tensor LogProbabilities(Tensor logits)
    {
        using var scope = NewDisposeScope();
        var (rows, cells) = (logits.size(0), allowed.Length);
        var (type, device) = (logits.dtype, logits.device);
        var mask = tensor(allowed, [nodes.Count, tokens.Length], device: device).to(type);
        // Large and finite: what is not allowed is multiplied with zero below.
        var each = nn.functional.log_softmax(logits.add(mask.sub(1).mul(1e9)), -1).mul(mask);
        return each.view(rows, cells).matmul(tensor(paths, [cells, Count], device: device).to(type)).MoveToOuterDisposeScope();
    }

    private (float[] Allowed, float[] Paths) Masks()
    {
        var cells = nodes.Count * tokens.Length;
        var (allowed, paths) = (new float[cells], new float[cells * Count]);
        for (var node = 0; node < nodes.Count; node++)
            foreach (var token in nodes[node].Next.Keys)
                allowed[Cell(node, token)] = 1;
        for (var label = 0; label < Count; label++)
        {
            var node = 0;
            foreach (var token in labels[label])
            {
                paths[(Cell(node, token) * Count) + label] = 1;
                node = Math.Max(nodes[node].Next[token], 0);
            }
        }
        return (allowed, paths);
    }

    private int Cell(int node, int token) => (node * tokens.Length) + Array.BinarySearch(tokens, token);

    private void Add(int label)
    {
        var words = labels[label];
        if (words.Length == 0)
            throw new ArgumentException($"label {label + 1} has no tokens", nameof(label));
        var node = 0;
        for (var i = 0; i < words.Length; i++)
        {
            var last = i == words.Length - 1;
            if (nodes[node].Next.TryGetValue(words[i], out var next))
            {
                if (last || next < 0)
                    throw new ArgumentException($"labels {(next < 0 ? ~next : Below(next)) + 1} and {label + 1} are written with the same tokens", nameof(label));
                node = next;
                continue;
            }
            nodes[node].Next.Add(words[i], last ? ~label : nodes.Count);
            if (last)
                return;
            nodes.Add((node, words[i], []));
            node = nodes.Count - 1;
        }
    }

    // Any label that begins so.
    private int Below(int node) => nodes[node].Next.Values.First() is var next && next < 0 ? ~next : Below(next);
}
