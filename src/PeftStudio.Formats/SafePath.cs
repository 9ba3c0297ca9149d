namespace PeftStudio.Formats;

/// <summary>The one way from a name that a file or a person gave to a path on disk.</summary>
public static class SafePath
{
    private const int MaxName = 1024;
    private const int MaxLinks = 40;

    /// <summary>
    /// The full path, links resolved, of <paramref name="name"/> below <paramref name="root"/>; the file need not exist.
    /// A name is segments joined by '/', each of letters, digits and <c>. _ - + = @ , ( ) [ ]</c> and inner spaces. It is an
    /// allow-list, so every way of writing "..", a separator, a drive or an escape (percent, backslash, full-width, NUL) is refused unread.
    /// </summary>
    /// <exception cref="UnsafePathException">The name, or where its links lead, is not below the root.</exception>
    public static string Under(string root, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length is 0 or > MaxName)
            throw new UnsafePathException(name, $"must have 1 to {MaxName} characters");
        foreach (var segment in name.Split('/'))
            CheckSegment(name, segment);
        var folder = Resolve(Path.GetFullPath(root), MaxLinks);
        var full = Resolve(Path.GetFullPath(Path.Join(folder, name)), MaxLinks);
        var prefix = Path.EndsInDirectorySeparator(folder) ? folder : folder + Path.DirectorySeparatorChar;
        return full.StartsWith(prefix, StringComparison.Ordinal)
            ? full
            : throw new UnsafePathException(name, $"leads outside {root}; copy the file there instead of linking to it");
    }

    private static void CheckSegment(string name, string segment)
    {
        if (segment.Length == 0)
            throw new UnsafePathException(name, "must be relative, without empty parts");
        if (segment.Trim('.').Length == 0)
            throw new UnsafePathException(name, "must not have parts of dots alone");
        if (segment[0] == ' ' || segment[^1] is ' ' or '.')
            throw new UnsafePathException(name, "must not have parts that begin with a space or end with a space or a dot");
        foreach (var c in segment)
            if (!char.IsLetterOrDigit(c) && !"._-+=@,()[] ".Contains(c))
                throw new UnsafePathException(name, $"has the character U+{(int)c:X4}; letters, digits and . _ - + = @ , ( ) [ ] are accepted");
    }

    /// <summary>Follows the links of every part of an absolute path; parts that do not exist are kept as they are.</summary>
    private static string Resolve(string path, int linksLeft)
    {
        var resolved = Path.GetPathRoot(path) ?? throw new UnsafePathException(path, "must be an absolute path");
        foreach (var part in path[resolved.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Join(resolved, part);
            var target = new FileInfo(next).LinkTarget;
            if (target is null)
            {
                resolved = next;
                continue;
            }
            if (linksLeft == 0)
                throw new UnsafePathException(path, "is a chain of too many links");
            resolved = Resolve(Path.GetFullPath(target, resolved), --linksLeft);
        }
        return resolved;
    }
}
