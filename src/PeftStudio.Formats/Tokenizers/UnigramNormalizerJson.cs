namespace PeftStudio.Formats.Tokenizers;

/// <summary>Reads tokenizer.json's normalizer as unigram models have it: Precompiled, then Strip, then Replace of runs of spaces; each may be absent.</summary>
internal static class UnigramNormalizerJson
{
    // Published files have a space or one mark; what stands for each run of spaces must not multiply a text.
    private const int LongestReplacement = 16;

    private static readonly string[] Order = ["Precompiled", "Strip", "Replace"];

    public static UnigramNormalizer Read(JsonFields fields)
    {
        var normalizer = new UnigramNormalizer(Characters: null);
        if (!fields.Has("normalizer"))
            return normalizer;
        var whole = fields.Object("normalizer");
        var before = -1;
        foreach (var part in whole.String("type") == "Sequence" ? whole.Objects("normalizers") : [whole])
        {
            var place = Array.IndexOf(Order, part.String("type"));
            if (place <= before)
                throw part.Wrong("type", $"is '{part.String("type")}'; for a Unigram model {string.Join(", ", Order)} are supported, in this order and each once");
            before = place;
            normalizer = Order[place] switch
            {
                "Precompiled" => normalizer with { Characters = ReadCharacters(part) },
                "Strip" => normalizer with { StripLeft = part.BoolOrNull("strip_left") ?? true, StripRight = part.BoolOrNull("strip_right") ?? true },
                _ => normalizer with { Spaces = ReadReplacement(part) },
            };
        }
        return normalizer;
    }

    private static PrecompiledCharacters ReadCharacters(JsonFields part)
    {
        const string Key = "precompiled_charsmap";
        try
        {
            return new PrecompiledCharacters(Convert.FromBase64String(part.String(Key)));
        }
        catch (ArgumentException e)
        {
            throw part.Wrong(Key, e.Message);
        }
        catch (FormatException)
        {
            throw part.Wrong(Key, "is not base64: it is damaged");
        }
    }

    private static string ReadReplacement(JsonFields part)
    {
        if (part.Object("pattern").StringOrNull("Regex") != " {2,}")
            throw part.Wrong("pattern", "must be the Regex ' {2,}', two and more spaces");
        var content = part.String("content");
        return content.Length <= LongestReplacement
            ? content
            : throw part.Wrong("content", $"has {content.Length} characters; at most {LongestReplacement} are read");
    }
}
