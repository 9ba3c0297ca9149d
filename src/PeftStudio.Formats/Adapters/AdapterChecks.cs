using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;

namespace PeftStudio.Formats.Adapters;

/// <summary>What must hold between the values of a manifest.</summary>
internal static class AdapterChecks
{
    public static void Hash(string name, string hash)
    {
        if (hash.Length != 64 || hash.Any(c => !char.IsAsciiHexDigitLower(c)))
            throw new ArgumentException($"'{name}' is '{hash}'; 64 lower-case hexadecimal digits are wanted");
    }

    public static void Structure(Design design, DesignSizes sizes, ValueList<PeftMethod> methods)
    {
        if (methods.GroupBy(m => m.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"'methods' names '{twice.Key}' twice");
        if (design.Groupings.Count == 0 || design.Groupings.Any(g => g.Sizes.Count != design.Methods.Count || g.Sizes.Any(size => size < 1)))
            throw new ArgumentException($"'design.groupings' must cut each stack into {design.Methods.Count} groups of at least one layer, as many as 'design.methods' has");
        for (var group = 0; group < design.Methods.Count; group++)
        {
            if (design.Tunable.Contains(group) == design.Methods[group].IsEmpty)
                throw new ArgumentException($"'design.methods' of group {group + 1} and 'design.tunable' contradict each other");
            foreach (var name in design.Methods[group].Names)
                Method(group, name, sizes, methods);
        }
    }

    private static void Method(int group, string name, DesignSizes sizes, ValueList<PeftMethod> methods)
    {
        var method = methods.FirstOrDefault(m => m.Name == name)
            ?? throw new ArgumentException($"'design.methods' of group {group + 1} has '{name}', which 'methods' does not describe");
        var given = sizes.Sizes.Where(s => s.Group == group && s.Method == name).ToArray();
        if (method.HasSize && (given.Length == 0 || given.Any(s => s.Size < 1)))
            throw new ArgumentException($"'sizes' has no size of at least 1 for '{name}' in group {group + 1}");
        if (method.Size is { } own && given.FirstOrDefault(s => s.Size != own) is { } other)
            throw new ArgumentException($"'sizes' gives '{name}' the size {other.Size} in group {group + 1}; its own in 'methods' is {own}");
    }
}
