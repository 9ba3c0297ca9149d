using PeftStudio.Formats.Backbones;
using PeftStudio.Models.Backbones;
using static TorchSharp.torch;

namespace PeftStudio.Models.Exports;

/// <summary>
/// The rows on which an export is compared: the same for every adapter of a backbone. Token ids spread over the whole vocabulary, rows of different lengths with padding, both
/// token types where there are two.
/// </summary>
internal static class ComparisonRows
{
    public const int Rows = 8;
    private const int LongestRow = 32;

    public static TokenBatch Of(BackboneConfig config, Device device)
    {
        var time = Math.Min(LongestRow, config.MaxLength ?? LongestRow);
        var (ids, mask, types) = (new long[Rows * time], new long[Rows * time], new long[Rows * time]);
        for (var row = 0; row < Rows; row++)
            for (var (t, length) = (0, Math.Max(1, time - (row * time / Rows))); t < time; t++)
            {
                var (at, real) = ((row * time) + t, t < length);
                (ids[at], mask[at]) = (real ? Id(at, config) : config.PadTokenId, real ? 1 : 0);
                types[at] = real && config.TypeVocabSize > 1 && t >= length / 2 ? 1 : 0;
            }
        return new TokenBatch(ids, mask, types, Rows, device);
    }

    // Steps of a prime walk through the vocabulary; the padding's id would be no token.
    private static long Id(int at, BackboneConfig config)
    {
        var id = ((at * 7919L) + 17) % config.VocabSize;
        return id == config.PadTokenId ? (id + 1) % config.VocabSize : id;
    }
}
