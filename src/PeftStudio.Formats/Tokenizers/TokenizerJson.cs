using System.Text.Json;

namespace PeftStudio.Formats.Tokenizers;

/// <summary>Reads tokenizer.json: WordPiece, byte-level BPE and Unigram; a part that the studio does not know is refused by name, because leaving it out would change ids.</summary>
internal static class TokenizerJson
{
    // Ten times BERT's. Cutting a word takes up to the cube of its length.
    private const int MostCharactersPerWord = 1000;

    public static Tokenizer Read(string folder)
    {
        var fields = JsonFields.Read(Path.Join(folder, "tokenizer.json"));
        var model = fields.Object("model");
        ISubwordModel subwords = model.StringOrNull("type") switch
        {
            "WordPiece" => ReadWordPiece(fields, model),
            "BPE" => ReadByteLevelBpe(fields, model),
            // Early files do not say: merges tell, and pieces with scores.
            null when model.Has("merges") => ReadByteLevelBpe(fields, model),
            null when model.Has("unk_id") => UnigramFiles.ReadJson(fields, model),
            "Unigram" => UnigramFiles.ReadJson(fields, model),
            var other => throw model.Wrong("type", $"is '{other ?? "absent"}'; WordPiece, byte-level BPE and Unigram are supported"),
        };
        var added = ReadAddedTokens(fields, subwords);
        int Find(string token) => added.FirstOrDefault(t => t.Content == token)?.Id ?? subwords.Find(token)
            ?? throw new InvalidDataException($"{fields.File}: the special token '{BoundedText.Of(token)}' is in no vocabulary");
        var padding = SpecialTokenNames.Read(folder).Pad ?? (subwords is WordPieceModel ? "[PAD]" : "<pad>");
        return new Tokenizer(subwords, added, TemplateJson.Read(fields, Find), added.FirstOrDefault(t => t.Content == padding)?.Id ?? subwords.Find(padding));
    }

    private static WordPieceModel ReadWordPiece(JsonFields fields, JsonFields model)
    {
        if (PartType(fields, "pre_tokenizer") is not "BertPreTokenizer")
            throw fields.Wrong("pre_tokenizer", "must be a BertPreTokenizer for a WordPiece model");
        return new WordPieceModel(
            ReadVocabulary(model), ReadNormalizer(fields), model.StringOrNull("unk_token") ?? "[UNK]",
            model.StringOrNull("continuing_subword_prefix") ?? "##", model.IntOrNull("max_input_chars_per_word", 1, MostCharactersPerWord) ?? 100);
    }

    private static BertNormalizer? ReadNormalizer(JsonFields fields)
    {
        if (!fields.Has("normalizer"))
            return null;
        if (PartType(fields, "normalizer") is not "BertNormalizer")
            throw fields.Wrong("normalizer", "must be a BertNormalizer for a WordPiece model");
        var normalizer = fields.Object("normalizer");
        var lowercase = normalizer.BoolOrNull("lowercase") ?? true;
        return new BertNormalizer(
            normalizer.BoolOrNull("clean_text") ?? true, normalizer.BoolOrNull("handle_chinese_chars") ?? true,
            normalizer.BoolOrNull("strip_accents") ?? lowercase, lowercase);
    }

    private static ByteLevelBpeModel ReadByteLevelBpe(JsonFields fields, JsonFields model)
    {
        if (fields.Has("normalizer"))
            throw fields.Wrong("normalizer", "must be null for a byte-level BPE model");
        if (!fields.Has("pre_tokenizer") || PartType(fields, "pre_tokenizer") is not "ByteLevel")
            throw fields.Wrong("pre_tokenizer", "must be ByteLevel: BPE over bytes, as in RoBERTa, is supported");
        var bytes = fields.Object("pre_tokenizer");
        if (bytes.BoolOrNull("use_regex") is false)
            throw bytes.Wrong("use_regex", "is false; GPT-2's split into words is supported");
        foreach (var affix in new[] { "continuing_subword_prefix", "end_of_word_suffix" })
            if (model.StringOrNull(affix) is { Length: > 0 })
                throw model.Wrong(affix, "is set; a byte-level model has none");
        if (model.DoubleOrNull("dropout", 0, 1) is > 0)
            throw model.Wrong("dropout", "is above 0; ids would be random");
        if (model.BoolOrNull("byte_fallback") is true)
            throw model.Wrong("byte_fallback", "is true; a byte-level model needs none");
        return new ByteLevelBpeModel(
            ReadVocabulary(model), ReadMerges(model), fields.File, model.StringOrNull("unk_token"),
            bytes.BoolOrNull("add_prefix_space") ?? true, model.BoolOrNull("ignore_merges") ?? false, model.BoolOrNull("fuse_unk") ?? false);
    }

    private static Vocabulary ReadVocabulary(JsonFields model)
    {
        var vocab = model.Object("vocab");
        return new Vocabulary(model.File, VocabularyFiles.ReadIds(vocab));
    }

    private static IEnumerable<(string Left, string Right)> ReadMerges(JsonFields model)
    {
        foreach (var merge in model.Array("merges"))
        {
            string[] parts = merge.ValueKind switch
            {
                JsonValueKind.String => model.Text("merges", merge).Split(' '),
                JsonValueKind.Array => [.. merge.EnumerateArray().Select(p => p.ValueKind == JsonValueKind.String ? model.Text("merges", p) : "")],
                _ => [],
            };
            yield return parts is [{ Length: > 0 } left, { Length: > 0 } right]
                ? (left, right)
                : throw model.Wrong("merges", $"holds {merge.GetRawText()}; two tokens are wanted");
        }
    }

    private static List<AddedToken> ReadAddedTokens(JsonFields fields, ISubwordModel model)
    {
        var tokens = new List<AddedToken>();
        if (!fields.Has("added_tokens"))
            return tokens;
        foreach (var token in fields.Objects("added_tokens"))
        {
            var (content, id) = (token.String("content"), token.Int("id", 0));
            if (content.Length == 0)
                throw token.Wrong("content", "is empty");
            if (model.Find(content) is { } known && known != id)
                throw token.Wrong("id", $"is {id}, and the vocabulary gives '{content}' the id {known}");
            tokens.Add(ReadAddedToken(token, content, id));
        }
        return tokens;
    }

    /// <summary>The rules of a token whose text and id are read.</summary>
    public static AddedToken ReadAddedToken(JsonFields token, string content, int id)
    {
        var special = token.BoolOrNull("special") ?? false;
        return new AddedToken(
            content, id, token.BoolOrNull("single_word") ?? false, token.BoolOrNull("lstrip") ?? false, token.BoolOrNull("rstrip") ?? false,
            token.BoolOrNull("normalized") ?? !special, special);
    }

    private static string? PartType(JsonFields fields, string part) => fields.ObjectOrNull(part)?.String("type");
}
