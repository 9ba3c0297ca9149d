using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Tasks;
using PeftStudio.Formats.Tokenizers;

namespace PeftStudio.Training.Batching;

/// <summary>One row as the model reads it. <paramref name="Target"/>: the label's index, or the score.</summary>
/// <param name="Text">what should be written; null where labels or scores are asked for.</param>
public sealed record TokenisedRow(int[] Ids, int[] TypeIds, float Target, TargetText? Text = null);

/// <summary>A text that should be written, and its tokens, cut to the task's most; the end token last.</summary>
public sealed record TargetText(string Text, int[] Ids);

/// <summary>A task with its rows, tokenised where a trial first asks for them; a worker keeps it between trials. For one thread.</summary>
public sealed class TokenisedTask
{
    private readonly Dictionary<(bool Dev, int RowNumber), TokenisedRow> tokenised = [];
    private readonly RowText text;
    private readonly int vocabulary;

    /// <param name="config">of the backbone that reads the rows.</param>
    /// <exception cref="InvalidTaskException">The files cannot be read as the definition says; a row cannot be used, and skipping such was not agreed.</exception>
    public TokenisedTask(TaskFolder folder, BackboneConfig config, Tokenizer tokenizer, int maxLength, bool skipBadRows)
    {
        (Tokenizer, text, vocabulary) = (tokenizer, RowText.Of(folder.Definition, config), config.VocabSize);
        Definition = folder.Definition;
        Hash = folder.Hash();
        MaxLength = maxLength;
        TrainRows = folder.ReadTrain(skipBadRows).Rows;
        DevRows = folder.ReadDev(skipBadRows).Rows;
    }

    public TaskDefinition Definition { get; }

    public string Hash { get; }

    public Tokenizer Tokenizer { get; }

    public string TokenizerHash => Tokenizer.Hash;

    /// <summary>Most tokens a row, special tokens counted.</summary>
    public int MaxLength { get; }

    public IReadOnlyList<TaskRow> TrainRows { get; }

    public IReadOnlyList<TaskRow> DevRows { get; }

    /// <exception cref="OperationCanceledException">Cancelled between two rows; those before are kept.</exception>
    /// <exception cref="TrialFailedException">A row holds a token that the backbone has no embedding of.</exception>
    public TokenisedRow[] Train(IReadOnlyList<TaskRow> rows, CancellationToken cancellationToken) => [.. rows.Select(row => Tokenise(row, dev: false, cancellationToken))];

    /// <inheritdoc cref="Train"/>
    public TokenisedRow[] Dev(IReadOnlyList<TaskRow> rows, CancellationToken cancellationToken) => [.. rows.Select(row => Tokenise(row, dev: true, cancellationToken))];

    private TokenisedRow Tokenise(TaskRow row, bool dev, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (tokenised.TryGetValue((dev, row.RowNumber), out var known))
            return known;
        var encoding = text.Encode(Tokenizer, row.Text, row.Pair, MaxLength);
        var target = row.TargetText is { } written ? new TargetText(written, Tokenizer.Encode(written, null, Definition.Generation?.MaxTokens).Ids) : null;
        if (EmbeddingRows.Problem(encoding.Ids.Concat(target?.Ids ?? []), vocabulary, $"row {row.RowNumber} of the {(dev ? "dev" : "training")} rows") is { } problem)
            throw new TrialFailedException(problem);
        return tokenised[(dev, row.RowNumber)] = new TokenisedRow(encoding.Ids, encoding.TypeIds, row.Target, target);
    }
}
