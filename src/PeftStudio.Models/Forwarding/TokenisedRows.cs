using System.Text.Json;
using PeftStudio.Formats;
using PeftStudio.Formats.Backbones;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Sequences;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Forwarding;

/// <summary>Rows already tokenised, as JSON: <c>input_ids</c>, <c>attention_mask</c>, optionally <c>token_type_ids</c>, each a list of rows of one length, and optionally <c>labels</c>: one a row, or a language model's targets, a list a row.</summary>
public sealed class TokenisedRows
{
    // Of a backbone without positions of its own (T5): as a study's training.maxLength. Scores take a row's length squared.
    private const int MostTokens = 4_096;

    private readonly JsonFields fields;
    private readonly long[][] ids;
    private readonly long[][] mask;
    private readonly long[][]? types;

    private TokenisedRows(JsonFields fields, BackboneConfig config)
    {
        this.fields = fields;
        ids = Matrix("input_ids", config.VocabSize - 1);
        if (ids.Length == 0 || ids[0].Length == 0)
            throw fields.Wrong("input_ids", "holds no tokens");
        if (ids[0].Length > (config.MaxLength ?? MostTokens))
            throw fields.Wrong("input_ids", $"has rows of {ids[0].Length} tokens; {(config.MaxLength is { } positions ? $"the backbone takes at most {positions}" : $"at most {MostTokens} are read")}");
        mask = fields.Has("attention_mask") ? Matrix("attention_mask", 1) : [.. ids.Select(row => Enumerable.Repeat(1L, row.Length).ToArray())];
        types = fields.Has("token_type_ids") ? Matrix("token_type_ids", config.TypeVocabSize - 1) : null;
    }

    public bool HasLabels => fields.Has("labels");

    /// <exception cref="InvalidDataException">The file is absent or no JSON, rows differ in length, or a value is out of the backbone's range.</exception>
    public static TokenisedRows Read(string path, BackboneConfig config) => new(JsonFields.Read(path), config);

    public TokenBatch ToBatch(Device device) => new(Flat(ids), Flat(mask), types is null ? null : Flat(types), ids.Length, device);

    /// <summary>(rows): int64 classes, or fp32 values for regression.</summary>
    public Tensor Labels(HeadPlan head, Device device)
    {
        var labels = fields.Array("labels").ToArray();
        if (labels.Length != ids.Length)
            throw fields.Wrong("labels", $"has {labels.Length} values for {ids.Length} rows");
        return head.IsRegression
            ? tensor(Array.ConvertAll(labels, Number), device: device)
            : tensor([.. labels.Select((label, row) => Whole("labels", label, row, head.Outputs - 1))], device: device);
    }

    /// <summary>A language model's: (rows, targets), int64; -100 where nothing is asked.</summary>
    public Tensor Targets(BackboneConfig config, Device device)
    {
        var targets = Lists("labels", config.VocabSize - 1, besides: Sequences.Targets.Ignored);
        if (targets.Length != ids.Length)
            throw fields.Wrong("labels", $"has {targets.Length} rows; input_ids has {ids.Length}");
        var width = targets[0].Length;
        if (width == 0 || width > (config.MaxLength ?? MostTokens))
            throw fields.Wrong("labels", $"has rows of {width} tokens; 1 to {config.MaxLength ?? MostTokens} are wanted");
        SameLength("labels", targets, width);
        return tensor(Flat(targets), [ids.Length, width], device: device);
    }

    private float Number(JsonElement label) => label.ValueKind == JsonValueKind.Number
        ? label.GetSingle()
        : throw fields.Wrong("labels", $"holds {label.GetRawText()}, not a number");

    private long[][] Matrix(string name, long largest)
    {
        var rows = Lists(name, largest, besides: 0);
        var (count, width) = ids is null ? (rows.Length, rows.Length == 0 ? 0 : rows[0].Length) : (ids.Length, ids[0].Length);
        if (rows.Length != count)
            throw fields.Wrong(name, $"has {rows.Length} rows; input_ids has {count}");
        return SameLength(name, rows, width);
    }

    private long[][] Lists(string name, long largest, long besides) => [.. fields.Array(name).Select((row, i) => row.ValueKind == JsonValueKind.Array
        ? row.EnumerateArray().Select(value => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number == besides ? besides : Whole(name, value, i, largest)).ToArray()
        : throw fields.Wrong(name, $"its row {i} is not a list"))];

    private long[][] SameLength(string name, long[][] rows, int width)
    {
        var odd = Array.FindIndex(rows, row => row.Length != width);
        return odd < 0 ? rows : throw fields.Wrong(name, $"its row {odd} has {rows[odd].Length} values, not {width}: pad the rows to one length");
    }

    private long Whole(string name, JsonElement value, int row, long largest) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= 0 && number <= largest
            ? number
            : throw fields.Wrong(name, $"its row {row} holds {value.GetRawText()}; 0 to {largest} is wanted");

    private static long[] Flat(long[][] rows) => [.. rows.SelectMany(row => row)];
}
