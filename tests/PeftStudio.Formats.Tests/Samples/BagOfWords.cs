using System.Text.RegularExpressions;
using PeftStudio.Formats.Tasks;

namespace PeftStudio.Formats.Tests.Samples;

/// <summary>
/// What counting words can do: a linear model over the words of each sentence and, for pairs, over the words they share and
/// the words only one has, with their numbers. Trained by stochastic gradient steps in the file's order.
/// </summary>
internal sealed class BagOfWords
{
    private const int Epochs = 30;

    private readonly Dictionary<string, int> features = new(StringComparer.Ordinal);
    private double[] weights = new double[16];

    public static BagOfWords Train(IReadOnlyList<TaskRow> rows, bool regression)
    {
        var bag = new BagOfWords();
        var inputs = rows.Select(row => bag.Features(row, grow: true)).ToArray();
        bag.weights = new double[bag.features.Count];
        for (var epoch = 0; epoch < Epochs; epoch++)
            for (var i = 0; i < rows.Count; i++)
            {
                var output = inputs[i].Sum(feature => bag.weights[feature.Index] * feature.Value);
                var predicted = regression ? output : 1 / (1 + Math.Exp(-output));
                var step = 0.1 / (1 + 0.3 * epoch) * (rows[i].Target - predicted) / inputs[i].Length;
                foreach (var (index, value) in inputs[i])
                    bag.weights[index] += step * value;
            }
        return bag;
    }

    public float Output(TaskRow row) => (float)Features(row, grow: false).Sum(feature => weights[feature.Index] * feature.Value);

    internal static string[] WordsOf(string text) => [.. Regex.Matches(text.ToLowerInvariant(), "[a-z]+").Select(match => match.Value)];

    private (int Index, double Value)[] Features(TaskRow row, bool grow)
    {
        var first = WordsOf(row.Text).ToHashSet();
        var names = first.Select(word => ($"1 {word}", 1d)).Append(("bias", 1d));
        if (row.Pair is not null)
        {
            var second = WordsOf(row.Pair).ToHashSet();
            names = names.Concat(second.Select(word => ($"2 {word}", 1d)))
                .Concat(first.Intersect(second).Select(word => ($"both {word}", 1d)))
                .Concat(second.Except(first).Select(word => ($"new {word}", 1d)))
                .Append(("shared", first.Intersect(second).Count() / (double)first.Union(second).Count()))
                .Append(("new", second.Except(first).Count() / 3d));
        }
        var found = new List<(int, double)>();
        foreach (var (name, value) in names)
        {
            if (!features.TryGetValue(name, out var index))
            {
                if (!grow)
                    continue;
                features.Add(name, index = features.Count);
            }
            found.Add((index, value));
        }
        return [.. found];
    }
}
