namespace PeftStudio.Samples;

internal static class Text
{
    public static string Sentence(string words) => $"{char.ToUpperInvariant(words[0])}{words[1..]}.";
}
