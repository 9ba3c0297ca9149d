namespace PeftStudio.Formats.Tokenizers;

/// <summary>Which of a folder's files are its tokenizer.</summary>
internal static class TokenizerFolder
{
    private const string Config = "config.json";

    public static Tokenizer Read(string folder)
    {
        bool Has(params string[] names) => names.All(name => File.Exists(Path.Join(folder, name)));
        if (Has("tokenizer.json"))
            return TokenizerJson.Read(folder);
        var (pieces, words, pairs) = (Has("spiece.model"), Has("vocab.txt"), Has("vocab.json", "merges.txt"));
        if (!pieces && !words && !pairs)
            throw new InvalidDataException($"{folder}: holds no tokenizer; tokenizer.json, or vocab.txt, or vocab.json and merges.txt, or spiece.model is wanted");
        // Vocabulary files do not say which special tokens a row gets; the architecture does.
        var config = Has(Config) ? JsonFields.Read(Path.Join(folder, Config), maxBytes: 16_000_000) : (JsonFields?)null;
        var architecture = config?.StringOrNull("model_type");
        if (pairs && architecture is "roberta" or "bart")
            return VocabularyFiles.ReadRoberta(folder);
        if (pieces && architecture is "t5")
            return UnigramFiles.ReadT5(folder);
        if (words)
            return VocabularyFiles.ReadBert(folder);
        if (architecture is null)
            return pairs ? VocabularyFiles.ReadRoberta(folder) : UnigramFiles.ReadT5(folder);
        throw new InvalidDataException(
            $"{Path.Join(folder, Config)}: 'model_type' is '{BoundedText.Of(architecture)}', and {(pairs ? "vocab.json and merges.txt are read for roberta and bart" : "spiece.model is read for t5")}; add the model's tokenizer.json");
    }
}
