namespace PeftStudio.Formats.Tokenizers;

/// <summary>The token that a tokenizer puts behind every text: a model that writes ends its own with it.</summary>
public static class TextEnd
{
    /// <summary>Its id; null where texts end as they are, as with a tokenizer.json whose post_processor adds nothing behind them.</summary>
    public static int? Of(Tokenizer tokenizer) =>
        tokenizer.Encode("").Ids is [.., var end] && tokenizer.Encode("a").Ids is [.., var last] && last == end ? end : null;
}
