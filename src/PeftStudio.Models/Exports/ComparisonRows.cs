using PeftStudio.Formats.Backbones;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using static TorchSharp.torch;

namespace PeftStudio.Models.Exports;

/// <summary>
/// The rows on which an export is compared: the same for every adapter of a backbone. Token ids spread over the whole vocabulary, rows of different lengths with padding, both
/// token types where there are two. A language model is asked for targets that are drawn likewise.
/// </summary>
internal static class ComparisonRows
{
    public const int Rows = 8;
    private const int LongestRow = 32;
    private const int LongestTarget = 6;

    public static TokenBatch Of(BackboneConfig config, Device device)
    {
        var time = Math.Min(LongestRow, config.MaxLength ?? LongestRow);
        var (ids, mask, types) = (new long[Rows * time], new long[Rows * time], new long[Rows * time]);
        for (var row = 0; row < Rows; row++)
            for (var (t, length) = (0, Math.Max(1, time - (row * time / Rows))); t < time; t++)
            {
                var (at, real) = ((row * time) + t, t < length);
                // The end of a row is what BART's head reads.
                (ids[at], mask[at]) = (!real ? config.PadTokenId : config.Bart is { } bart && t == length - 1 ? bart.EosTokenId : Id(at, config), real ? 1 : 0);
                types[at] = real && config.TypeVocabSize > 1 && t >= length / 2 ? 1 : 0;
            }
        return new TokenBatch(ids, mask, types, Rows, device);
    }

    /// <returns>(rows, outputs), or of a language model (rows, targets, vocabulary); in the caller's scope</returns>
    public static Tensor Logits(TunedModel model, TokenBatch rows)
    {
        using var scope = NewDisposeScope();
        var targets = model.Head.IsLanguageModel ? Targets(model.Backbone.Config, model.Backbone.Device) : null;
        return model.Forward(rows, ForwardContext.Evaluation, targets).MoveToOuterDisposeScope();
    }

    // Begun where the rows leave off, so that a target does not repeat its row.
    private static Tensor Targets(BackboneConfig config, Device device)
    {
        var length = Math.Min(LongestTarget, config.MaxLength ?? LongestTarget);
        return tensor([.. Enumerable.Range(Rows * LongestRow, Rows * length).Select(at => Id(at, config))], [Rows, length], device: device);
    }

    // Steps of a prime walk through the vocabulary; the padding's id would be no token.
    private static long Id(int at, BackboneConfig config)
    {
        var id = ((at * 7919L) + 17) % config.VocabSize;
        return id == config.PadTokenId ? (id + 1) % config.VocabSize : id;
    }
}
