namespace PeftStudio.Storage.Queries;

internal static class LikePattern
{
    public const string EscapeCharacter = "\\";

    /// <summary>What a person typed means itself: % and _ are no wildcards.</summary>
    public static string Escape(string text) =>
        text.Trim().Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal);
}
