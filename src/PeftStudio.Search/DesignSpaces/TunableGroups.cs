namespace PeftStudio.Search.DesignSpaces;

/// <summary>A non-empty set of layer groups, numbered from 1, that are trained; the rest stay frozen.</summary>
public sealed record TunableGroups
{
    public TunableGroups(ValueList<int> groups)
    {
        if (groups.Count == 0)
            throw new ArgumentException("at least one group must be tunable", nameof(groups));
        for (var i = 0; i < groups.Count; i++)
            if (groups[i] < 1 || (i > 0 && groups[i] <= groups[i - 1]))
                throw new ArgumentException($"tunable groups {groups}: numbers from 1, rising, each once", nameof(groups));
        Groups = groups;
    }

    public ValueList<int> Groups { get; }

    /// <param name="group">counted from 0.</param>
    public bool Contains(int group) => Groups.Contains(group + 1);

    public override string ToString() => string.Join("+", Groups.Select(group => $"G{group}"));
}
