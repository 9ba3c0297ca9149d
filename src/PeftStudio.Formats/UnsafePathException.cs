namespace PeftStudio.Formats;

/// <summary>A name that is not a plain path below its root.</summary>
public sealed class UnsafePathException(string name, string reason) : Exception($"the file name '{Shown(name)}' {reason}")
{
    // Control characters must not reach a log or a terminal, and a hostile name may be long.
    private static string Shown(string name) =>
        string.Concat(name.Take(80).Select(c => char.IsControl(c) ? $"\\u{(int)c:X4}" : c.ToString())) + (name.Length > 80 ? "…" : "");
}
