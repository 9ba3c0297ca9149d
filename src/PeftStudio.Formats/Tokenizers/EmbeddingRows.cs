using System.Globalization;

namespace PeftStudio.Formats.Tokenizers;

/// <summary>Whether a backbone's embedding has a row for each id that its tokenizer gives. Rows that no id asks for are padding, which many checkpoints have.</summary>
public static class EmbeddingRows
{
    private const int Named = 3;

    /// <param name="rows">of the embedding, by config.json</param>
    /// <param name="tokenizer">whose ids are rows</param>
    /// <param name="folder">of both; named in the error</param>
    /// <returns>sentences on special tokens without a row: published checkpoints have some (BART's &lt;mask&gt; where its last row was cut off), and few texts spell them out</returns>
    /// <exception cref="InvalidDataException">A token that any text may give has no row.</exception>
    public static IEnumerable<string> Check(int rows, Tokenizer tokenizer, string folder)
    {
        var missing = tokenizer.TokensFrom(rows).ToArray();
        var common = missing.Where(token => !token.Spelled).ToArray();
        if (common.Length > 0)
            throw new InvalidDataException($"{folder}: {Sentence(rows, common)}. Take the tokenizer that the backbone was pretrained with");
        return missing.Length == 0 ? [] : [$"{Sentence(rows, missing)}. A trial whose texts spell it out fails."];
    }

    /// <summary>Why a text's ids cannot be looked up; null where each has a row.</summary>
    /// <param name="what">the row that the ids are of, as the sentence begins</param>
    public static string? Problem(IEnumerable<int> ids, int rows, string what)
    {
        foreach (var id in ids)
            if (id >= rows)
                return string.Create(CultureInfo.InvariantCulture, $"{what} holds the token {id}, and the backbone's embedding has {rows} rows. Take the special token out of the text, or take another backbone.");
        return null;
    }

    private static string Sentence(int rows, (string Content, int Id, bool Spelled)[] tokens)
    {
        var named = string.Join(", ", tokens.Take(Named).Select(token => string.Create(CultureInfo.InvariantCulture, $"'{BoundedText.Of(token.Content)}' the id {token.Id}")));
        var more = tokens.Length > Named ? string.Create(CultureInfo.InvariantCulture, $" and {tokens.Length - Named} more ids up to {tokens[^1].Id}") : "";
        return string.Create(CultureInfo.InvariantCulture, $"the tokenizer gives {named}{more}, and by config.json (vocab_size) the embedding has {rows} rows, for ids up to {rows - 1}");
    }
}
