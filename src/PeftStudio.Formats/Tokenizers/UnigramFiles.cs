using System.Globalization;
using System.Text.Json;

namespace PeftStudio.Formats.Tokenizers;

/// <summary>T5's unigram tokenizers, from the model part of tokenizer.json or from spiece.model.</summary>
internal static class UnigramFiles
{
    private const int MaxExtraIds = 10_000;

    /// <summary>spiece.model alone, with the names of tokenizer_config.json where it is there. The file lacks T5's &lt;extra_id_n&gt;: they follow its pieces, the last one first.</summary>
    public static Tokenizer ReadT5(string folder)
    {
        var file = SentencePieceFile.Read(Path.Join(folder, "spiece.model"));
        var names = SpecialTokenNames.Read(folder);
        var extra = names.Config?.IntOrNull("extra_ids", 0, MaxExtraIds) ?? 100;
        var extraNames = Enumerable.Range(0, extra).Reverse().Select(i => string.Create(CultureInfo.InvariantCulture, $"<extra_id_{i}>")).ToArray();
        var (vocabulary, scores) = Number(file.File, [.. file.Pieces, .. extraNames.Select(name => (name, 0.0))]);
        var model = new UnigramModel(vocabulary, scores, file.Unknown, new UnigramNormalizer(file.Characters), splitsWhiteSpace: true, file.AddsPrefix);
        var eos = names.Eos ?? "</s>";
        var (end, pad) = (vocabulary.Require(eos, "end of a text"), names.Pad ?? "<pad>");
        string[] special = [pad, eos, names.Unknown ?? "<unk>", .. extraNames];
        var added = special.Distinct(StringComparer.Ordinal).Where(name => vocabulary.Find(name) is not null).Select(name => new AddedToken(name, vocabulary.Find(name) ?? 0)).ToArray();
        ListedTokens.Check(folder, names, added, spacesCount: false);
        return new Tokenizer(model, added, Template.T5(end), vocabulary.Find(pad));
    }

    public static UnigramModel ReadJson(JsonFields fields, JsonFields model)
    {
        if (model.BoolOrNull("byte_fallback") is true)
            throw model.Wrong("byte_fallback", "is true; models with an unknown token instead are supported");
        var (vocabulary, scores) = Number(model.File, ReadPieces(model));
        var unknown = model.Int("unk_id", 0, scores.Length - 1);
        var (splits, prefix) = ReadWords(fields);
        return new UnigramModel(vocabulary, scores, unknown, UnigramNormalizerJson.Read(fields), splits, prefix);
    }

    private static List<(string Piece, double Score)> ReadPieces(JsonFields model)
    {
        var pieces = new List<(string, double)>();
        foreach (var item in model.Array("vocab"))
            pieces.Add(
                item.ValueKind == JsonValueKind.Array && item.GetArrayLength() == 2 && item[0].ValueKind == JsonValueKind.String && item[1].ValueKind == JsonValueKind.Number
                    && model.Text("vocab", item[0]) is { Length: > 0 } piece && item[1].TryGetDouble(out var score) && double.IsFinite(score)
                    ? (piece, score)
                    : throw model.Wrong("vocab", $"holds {item.GetRawText()} at {pieces.Count}; a piece and its score are wanted"));
        return pieces;
    }

    private static (Vocabulary Vocabulary, double[] Scores) Number(string file, List<(string Piece, double Score)> pieces)
    {
        var ids = new Dictionary<string, int>(pieces.Count, StringComparer.Ordinal);
        foreach (var (piece, _) in pieces)
            if (!ids.TryAdd(piece, ids.Count))
                throw new InvalidDataException($"{file}: the piece '{BoundedText.Of(piece)}' stands there twice, as {ids[piece]} and {ids.Count}");
        return (new Vocabulary(file, ids), [.. pieces.Select(p => p.Score)]);
    }

    /// <summary>Metaspace, alone or behind WhitespaceSplit.</summary>
    private static (bool Splits, bool Prefix) ReadWords(JsonFields fields)
    {
        const string Wanted = "must be Metaspace, or WhitespaceSplit and Metaspace, for a Unigram model";
        if (!fields.Has("pre_tokenizer"))
            throw fields.Wrong("pre_tokenizer", Wanted);
        var splitter = fields.Object("pre_tokenizer");
        JsonFields[] parts = splitter.String("type") == "Sequence" ? [.. splitter.Objects("pretokenizers")] : [splitter];
        var splits = parts is [var first, _] && first.String("type") == "WhitespaceSplit";
        if (parts.Length != (splits ? 2 : 1) || parts[^1].String("type") != "Metaspace")
            throw fields.Wrong("pre_tokenizer", Wanted);
        var marks = parts[^1];
        if (marks.StringOrNull("replacement") is { } mark && mark != UnigramModel.Mark.ToString())
            throw marks.Wrong("replacement", $"is not U+{(int)UnigramModel.Mark:X4}, SentencePiece's mark");
        if (marks.BoolOrNull("split") is false)
            throw marks.Wrong("split", "is false; a model that cuts its text at the marks is wanted");
        var prefix = marks.StringOrNull("prepend_scheme") switch
        {
            null => marks.BoolOrNull("add_prefix_space") ?? true,
            "always" => true,
            "never" => false,
            var other => throw marks.Wrong("prepend_scheme", $"is '{other}'; always and never are supported"),
        };
        return (splits, prefix);
    }
}
