using PeftStudio.Search;

namespace PeftStudio.Formats.Tasks;

/// <summary>The classes of a task, in the order of their indices.</summary>
public sealed record TaskLabels
{
    /// <param name="names">What people read; at least two, all different.</param>
    /// <param name="values">What the files write, in the same order; the names where null.</param>
    public TaskLabels(ValueList<string> names, ValueList<string>? values = null)
    {
        Names = names;
        Values = values ?? names;
        if (names.Count < 2)
            throw new InvalidTaskException($"a task needs at least two labels, and 'labels' has {names.Count}; for scores write 'regression' instead");
        if (Values.Count != names.Count)
            throw new InvalidTaskException($"'labelValues' has {Values.Count} entries for {names.Count} labels; write one for each, in the same order");
        RequireDistinct("labels", names);
        RequireDistinct("labelValues", Values);
    }

    public ValueList<string> Names { get; }

    public ValueList<string> Values { get; }

    public int Count => Names.Count;

    /// <summary>The index of a label as a file writes it; -1 where it is unknown.</summary>
    public int IndexOf(string value)
    {
        for (var i = 0; i < Values.Count; i++)
            if (Values[i] == value)
                return i;
        return -1;
    }

    private static void RequireDistinct(string key, ValueList<string> names)
    {
        if (names.FirstOrDefault(string.IsNullOrWhiteSpace) is { } empty)
            throw new InvalidTaskException($"'{key}' has an empty entry ('{empty}')");
        if (names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new InvalidTaskException($"'{key}' names '{twice.Key}' twice");
    }
}
