namespace PeftStudio.Formats;

/// <summary>What an error quotes of a file: a hostile value may be as long as the file, and neither a log nor a page has use for it.</summary>
public static class BoundedText
{
    private const int Head = 400;
    private const int Tail = 200;

    /// <summary>The text, without its middle where it is long: what is at fault stands at the start, the remedy at the end.</summary>
    public static string Of(string text) => text.Length <= Head + Tail ? text : $"{text[..Head]}…{text[^Tail..]}";
}
