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
    private readonly int[] inputs; // the nodes that leave more than one label open: behind them a label is certain
    private readonly int[] tokens; // of these nodes
    private readonly long[] targets; // (labels, longest)
    private readonly float[] allowed; // (inputs, tokens): 1 for what goes on to a label
    private readonly long[] steps; // (labels, longest): the cell of (inputs, tokens) that each step of a label is; behind the last, one more than there are

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
        inputs = Open();
        tokens = [.. inputs.SelectMany(node => nodes[node].Next.Keys).Distinct().Order()];
        var longest = labels.Max(label => label.Length);
        targets = [.. labels.SelectMany(label => label.Select(token => (long)token).Concat(Enumerable.Repeat(Targets.Ignored, longest - label.Length)))];
        Layout = DecoderLayout.Tree([.. inputs.Select(node => Array.BinarySearch(inputs, nodes[node].Parent)).Select(parent => Math.Max(parent, -1))]);
        allowed = Allowed();
        steps = Steps();
    }

    public int Count => labels.Length;

    /// <summary>Null: labels are names.</summary>
    public IReadOnlyList<float>? Values { get; }

    /// <summary>The inputs of a decoder that has every open beginning before it: the start token, and after it what more than one label begins with.</summary>
    internal long[] Inputs(int start) => [.. inputs.Select(node => nodes[node].Token).Select(token => token < 0 ? start : (long)token)];

    /// <summary>Which input continues which.</summary>
    internal DecoderLayout Layout { get; }

    /// <summary>All tokens that go on from any of them, in order.</summary>
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
        var mask = tensor(allowed, [inputs.Length, tokens.Length], device: device).to(type);
        // Large and finite, so that no gradient is undefined.
        var each = nn.functional.log_softmax(logits.add(mask.sub(1).mul(1e9)), -1).view(rows, cells);
        var padded = cat([each, zeros([rows, 1], type, device)], 1); // (rows, inputs x tokens + 1)
        return padded.index_select(1, tensor(steps, device: device)).view(rows, Count, steps.Length / Count).sum(-1).MoveToOuterDisposeScope();
    }

    private int[] Open()
    {
        var open = nodes.Select(node => node.Next.Count > 1).ToArray();
        // A node stands behind its parent.
        for (var node = nodes.Count - 1; node > 0; node--)
            open[nodes[node].Parent] |= open[node];
        return [.. Enumerable.Range(0, nodes.Count).Where(node => open[node])];
    }

    private float[] Allowed()
    {
        var cells = new float[checked(inputs.Length * tokens.Length)];
        foreach (var node in inputs)
            foreach (var token in nodes[node].Next.Keys)
                cells[Cell(node, token)] = 1;
        return cells;
    }

    private long[] Steps()
    {
        var cells = labels.Select(label =>
        {
            var (path, node) = (new List<long>(), 0);
            foreach (var token in label)
            {
                if (node < 0 || Array.BinarySearch(inputs, node) < 0)
                    break;
                path.Add(Cell(node, token));
                node = nodes[node].Next[token];
            }
            return path;
        }).ToArray();
        var longest = cells.Max(path => path.Count);
        return [.. cells.SelectMany(path => path.Concat(Enumerable.Repeat((long)allowed.Length, longest - path.Count)))];
    }

    private int Cell(int node, int token) => (Array.BinarySearch(inputs, node) * tokens.Length) + Array.BinarySearch(tokens, token);

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
