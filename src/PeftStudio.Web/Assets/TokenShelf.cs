using System.Collections.Concurrent;
using PeftStudio.Formats.Tasks;
using PeftStudio.Formats.Tokenizers;
using PeftStudio.Search.Costs;

namespace PeftStudio.Web.Assets;

/// <summary>How long tasks' rows are in tokens of a backbone: of each pair that is asked for, some rows are read once and their lengths kept.</summary>
public sealed class TokenShelf
{
    private const int Sampled = 400;

    // The longest row in tokens is among the longest in letters, nearly always.
    private const int Longest = 40;

    private readonly ConcurrentDictionary<(string Folder, string Backbone, string Task), Lazy<Lengths>> known = new();

    /// <param name="maxLength">most tokens a row, to which rows are cut.</param>
    public Task<RowTokens> Of(BackboneListing backbone, TaskListing task, int maxLength, CancellationToken cancel) => Task.Run(
        () => known.GetOrAdd((backbone.Folder, backbone.Hash ?? "", task.Hash ?? ""), _ => new(() => Read(backbone.Folder, task.Folder))).Value.CutTo(maxLength), cancel);

    private static Lengths Read(string backbone, string task)
    {
        var tokenizer = Tokenizer.FromFolder(backbone);
        var rows = TaskFolder.Open(task).ReadTrain(skipBadRows: true).Rows;
        var every = Math.Max(1, rows.Count / Sampled);
        return new Lengths(
            [.. rows.Where((_, i) => i % every == 0).Select(Count)],
            rows.OrderByDescending(row => row.Text.Length + (row.Pair?.Length ?? 0)).Take(Longest).Max(Count));

        int Count(TaskRow row) => tokenizer.Encode(row.Text, row.Pair).Ids.Length;
    }

    private sealed record Lengths(int[] Sample, int Longest)
    {
        public RowTokens CutTo(int most) => new(Math.Min(most, Longest), Sample.Average(length => (double)Math.Min(most, length)));
    }
}
