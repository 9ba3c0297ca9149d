using System.Text;
using System.Text.Json;

namespace PeftStudio.Formats.Tokenizers;

/// <summary>Tokenizers from vocabulary files alone, with the settings of tokenizer_config.json and special_tokens_map.json where they are, and the reference's defaults where not.</summary>
internal static class VocabularyFiles
{
    private const long MaxBytes = 100_000_000;

    public static Tokenizer ReadBert(string folder)
    {
        var file = Path.Join(folder, "vocab.txt");
        var names = SpecialTokenNames.Read(folder);
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        var count = 0;
        foreach (var line in ReadLines(file))
            ids[line] = count++; // of a repeated token the reference keeps the last id
        var vocabulary = new Vocabulary(file, ids);
        RefuseOtherWords(names.Config);
        var lowercase = names.Config?.BoolOrNull("do_lower_case") ?? true;
        var normalizer = new BertNormalizer(
            CleanText: true, names.Config?.BoolOrNull("tokenize_chinese_chars") ?? true, names.Config?.BoolOrNull("strip_accents") ?? lowercase, lowercase);
        var unknown = names.Unknown ?? "[UNK]";
        var (cls, sep, pad) = (names.Cls ?? "[CLS]", names.Sep ?? "[SEP]", names.Pad ?? "[PAD]");
        var template = Template.Bert(vocabulary.Require(cls, "class token"), vocabulary.Require(sep, "separator"));
        var special = Special(vocabulary, [unknown, sep, pad, cls, names.Mask ?? "[MASK]"]);
        ListedTokens.Check(folder, names, special, spacesCount: false);
        return new Tokenizer(new WordPieceModel(vocabulary, normalizer, unknown), special, template, vocabulary.Find(pad));
    }

    public static Tokenizer ReadRoberta(string folder)
    {
        var (file, mergesFile) = (Path.Join(folder, "vocab.json"), Path.Join(folder, "merges.txt"));
        var names = SpecialTokenNames.Read(folder);
        var vocabulary = new Vocabulary(file, ReadIds(JsonFields.Read(file, MaxBytes)));
        var unknown = names.Unknown ?? "<unk>";
        var (bos, eos) = (names.Bos ?? "<s>", names.Eos ?? "</s>");
        var (cls, sep, pad, mask) = (names.Cls ?? bos, names.Sep ?? eos, names.Pad ?? "<pad>", names.Mask ?? "<mask>");
        var template = Template.Roberta(vocabulary.Require(cls, "class token"), vocabulary.Require(sep, "separator"));
        vocabulary.Require(unknown, "unknown token");
        // RoBERTa's mask takes the space before it along.
        var special = Special(vocabulary, [bos, eos, unknown, sep, pad, cls, mask])
            .Select(t => t.Content == mask ? t with { LeftStrip = names.MaskLeftStrip ?? true } : t).ToArray();
        ListedTokens.Check(folder, names, special, spacesCount: true);
        // The unknown token stands for no byte: in the reference, byte-level BPE has none.
        var model = new ByteLevelBpeModel(vocabulary, ReadMerges(mergesFile), mergesFile, unknownToken: null, names.Config?.BoolOrNull("add_prefix_space") ?? false);
        return new Tokenizer(model, special, template, vocabulary.Find(pad));
    }

    /// <summary>An object of tokens and ids.</summary>
    public static Dictionary<string, int> ReadIds(JsonFields vocab)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var property in vocab.Element.EnumerateObject())
            ids[property.Name] = property.Value.ValueKind == JsonValueKind.Number && property.Value.TryGetInt32(out var id)
                ? id
                : throw vocab.Wrong(property.Name, $"is {property.Value.GetRawText()}; an id is wanted");
        return ids;
    }

    private static IEnumerable<(string Left, string Right)> ReadMerges(string file)
    {
        var number = 0;
        foreach (var line in ReadLines(file))
        {
            number++;
            if (line.StartsWith("#version", StringComparison.Ordinal) || line.Length == 0)
                continue;
            yield return line.Split(' ') is [{ Length: > 0 } left, { Length: > 0 } right]
                ? (left, right)
                : throw new InvalidDataException($"{file}: line {number} is '{BoundedText.Of(line)}'; two tokens and a space between them are wanted");
        }
    }

    private static IEnumerable<string> ReadLines(string file)
    {
        var length = new FileInfo(file).Length;
        if (length > MaxBytes)
            throw new InvalidDataException($"{file}: has {length} bytes; at most {MaxBytes} are read");
        string text;
        try
        {
            text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(file));
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException($"{file}: is not UTF-8 at byte {e.Index}", e);
        }
        // Not ReadLine: a vocabulary may hold tokens of other line separators.
        var lines = text.Split('\n').Select(line => line.TrimEnd('\r'));
        return text.EndsWith('\n') ? lines.SkipLast(1) : lines;
    }

    private static void RefuseOtherWords(JsonFields? config)
    {
        if (config is not { } fields)
            return;
        if (fields.BoolOrNull("do_basic_tokenize") is false)
            throw fields.Wrong("do_basic_tokenize", "is false; BERT's split into words is supported");
        if (fields.Has("never_split") && fields.Strings("never_split").Any())
            throw fields.Wrong("never_split", "is not empty; make the tokens added tokens of a tokenizer.json instead");
    }

    private static AddedToken[] Special(Vocabulary vocabulary, string[] names) =>
        [.. names.Distinct(StringComparer.Ordinal).Select(name => (name, Id: vocabulary.Find(name))).Where(t => t.Id is not null).Select(t => new AddedToken(t.name, t.Id ?? 0))];
}
