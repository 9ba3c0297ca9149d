namespace PeftStudio.Search.DesignSpaces;

/// <summary>The choices of a component where a person lists none.</summary>
public static class DefaultChoices
{
    /// <summary>Every set of methods is offered up to this number of methods.</summary>
    public const int MostMethods = 10;

    /// <summary>Up to four groups: every non-empty set, small ones first. More: all groups, prefixes, suffixes and single groups.</summary>
    public static ValueList<TunableGroups> Tunables(int groups)
    {
        var sets = Subsets(groups);
        if (groups > 4)
            sets = sets.Where(set => set.Length == 1 || (set[^1] - set[0] == set.Length - 1 && (set[0] == 1 || set[^1] == groups)));
        return sets.Select(set => new TunableGroups([.. set])).ToValueList();
    }

    /// <summary>Every non-empty set of the methods, small ones first.</summary>
    public static ValueList<MethodSet> Strategies(ValueList<string> methods)
    {
        var names = new MethodSet(methods).Names;
        if (names.Count > MostMethods)
            throw new ArgumentException($"{names.Count} methods have too many sets to list; at most {MostMethods}", nameof(methods));
        return Subsets(names.Count).Select(set => new MethodSet(set.Select(number => names[number - 1]).ToValueList())).ToValueList();
    }

    /// <summary>The non-empty subsets of 1..count by size, then in lexicographic order.</summary>
    private static IEnumerable<int[]> Subsets(int count) =>
        Enumerable.Range(1, count).SelectMany(size => OfSize(size, from: 1, count));

    private static IEnumerable<int[]> OfSize(int size, int from, int to) =>
        size == 0
            ? [[]]
            : Enumerable.Range(from, Math.Max(0, to - from + 1)).SelectMany(first => OfSize(size - 1, first + 1, to).Select(rest => (int[])[first, .. rest]));
}
