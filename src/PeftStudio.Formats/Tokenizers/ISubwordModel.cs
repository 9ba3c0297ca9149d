namespace PeftStudio.Formats.Tokenizers;

/// <summary>A vocabulary with its rules: from text without special tokens to ids. Safe to use from several threads.</summary>
internal interface ISubwordModel
{
    /// <summary>Whether <see cref="Normalize"/> ever changes a text.</summary>
    bool Normalizes { get; }

    string Normalize(string text);

    /// <summary>Splits a normalised text into words and appends their ids.</summary>
    void Append(ReadOnlySpan<char> text, List<int> ids);

    IEnumerable<KeyValuePair<string, int>> Tokens { get; }

    /// <summary>Given for what the vocabulary lacks; null: nothing is.</summary>
    int? Unknown { get; }

    /// <summary>Null where the vocabulary lacks the token.</summary>
    int? Find(string token);

    /// <summary>Adds all that decides over ids, in a fixed order.</summary>
    void AddTo(CanonicalHash hash);
}
