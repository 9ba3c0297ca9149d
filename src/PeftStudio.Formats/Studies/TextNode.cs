namespace PeftStudio.Formats.Studies;

/// <summary>A place in a text, counted from 1.</summary>
internal readonly record struct TextPlace(int Line, int Column);

internal enum ScalarKind
{
    /// <summary>Unquoted YAML: what it is follows from what is wanted.</summary>
    Plain,
    String,
    Number,
    Boolean,
    Null,
}

/// <summary>A YAML or JSON document as written, each part with its place.</summary>
internal abstract record TextNode(TextPlace Place)
{
    /// <summary>Deeper documents are refused before they can exhaust the stack.</summary>
    public const int MostDepth = 32;

    public sealed record Scalar(TextPlace Place, string Text, ScalarKind Kind) : TextNode(Place)
    {
        public bool IsNull => Kind is ScalarKind.Null || (Kind is ScalarKind.Plain && Text is "" or "~" or "null" or "Null" or "NULL");
    }

    public sealed record Sequence(TextPlace Place, IReadOnlyList<TextNode> Items) : TextNode(Place);

    public sealed record Mapping(TextPlace Place, IReadOnlyList<(TextPlace Place, string Key, TextNode Value)> Entries) : TextNode(Place);
}
