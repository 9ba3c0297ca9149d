using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Tasks;
using PeftStudio.Formats.Tokenizers;
using PeftStudio.Search.Costs;

namespace PeftStudio.Web.Assets;

/// <summary>
/// How long tasks' rows are in tokens of a backbone, and whether it can write their labels: of each pair that is asked for, read once and kept until a file of the two folders
/// changes. The tokenizer is one of them, and no part of the backbone's hash.
/// </summary>
public sealed class TokenShelf
{
    private const int Sampled = 400;

    // The longest row in tokens is among the longest in letters, nearly always.
    private const int Longest = 40;

    private readonly FolderReadings<RowLengths> lengths = new();
    private readonly FolderReadings<string?> labels = new();

    /// <param name="maxLength">most tokens a row, to which rows are cut.</param>
    /// <returns>of the rows, and of what is to be written for them where that are texts.</returns>
    public Task<(RowTokens Rows, WrittenTexts? Written)> Of(BackboneListing backbone, TaskListing task, int maxLength, CancellationToken cancel) => Task.Run(
        () => lengths.Of(() => Read(backbone.Folder, task.Folder), backbone.Folder, task.Folder).CutTo(maxLength), cancel);

    /// <summary>Why the backbone could not write a task's texts, or as a T5 its labels apart; null where it could, or need not.</summary>
    public Task<string?> LabelProblem(BackboneListing backbone, TaskListing task, CancellationToken cancel) => Task.Run(
        () => backbone.Config is not { Decoder: not null } config || task.Definition is not { } definition || (config.T5 is null && definition.Generation is null)
            ? null
            : labels.Of(() => LabelTexts.Problem(definition, Tokenizer.FromFolder(backbone.Folder)), backbone.Folder, task.Folder), cancel);

    private static RowLengths Read(string backbone, string task)
    {
        var (tokenizer, config, folder) = (Tokenizer.FromFolder(backbone), BackboneConfig.FromFolder(backbone), TaskFolder.Open(task));
        var (definition, text) = (folder.Definition, RowText.Of(folder.Definition, config));
        var rows = folder.ReadTrain(skipBadRows: true).Rows;
        return new(
            Of(row => row.Text.Length + (row.Pair?.Length ?? 0), row => text.Encode(tokenizer, row.Text, row.Pair, null).Ids.Length),
            definition.Generation is null ? null : Of(row => row.TargetText?.Length ?? 0, row => tokenizer.Encode(row.TargetText ?? "").Ids.Length), definition.Generation, config.VocabSize);

        Lengths Of(Func<TaskRow, int> letters, Func<TaskRow, int> tokens)
        {
            var every = Math.Max(1, rows.Count / Sampled);
            return new([.. rows.Where((_, i) => i % every == 0).Select(tokens)], rows.OrderByDescending(letters).Take(Longest).Max(tokens));
        }
    }

    private sealed record RowLengths(Lengths Rows, Lengths? Targets, TextGeneration? Generation, int Vocabulary)
    {
        public (RowTokens, WrittenTexts?) CutTo(int most) => (
            Rows.CutTo(most), Targets is not null && Generation is not null ? new WrittenTexts(Targets.CutTo(Generation.MaxTokens), Generation.MaxTokens, Generation.Beams, Vocabulary) : null);
    }

    private sealed record Lengths(int[] Sample, int Longest)
    {
        public RowTokens CutTo(int most) => new(Math.Min(most, Longest), Sample.Average(length => (double)Math.Min(most, length)));
    }
}
