using System.Globalization;
using System.Text.RegularExpressions;
using PeftStudio.Search.DesignSpaces;

namespace PeftStudio.Search.Methods;

/// <summary>What is wrong with the methods that a plan builds itself, and how they are named.</summary>
public static partial class OwnMethodCheck
{
    /// <summary>As many as have a colour of their own on the pages.</summary>
    public const int Most = 8;

    public const int LongestName = 40;
    public const int LongestTitle = 60;

    private const int LargestScale = 1_000;
    private const int WidestReparametrisation = 4_096;
    private const int LargestSize = 4_096;

    // What else has a learning rate, or a place of its own in charts.
    private static readonly string[] Reserved = ["head", "backbone", "full"];

    /// <summary>Every problem, by the path of its field; empty where all can be built and told apart.</summary>
    public static ValueList<PlanProblem> Problems(ValueList<PeftMethod> own)
    {
        var found = new List<PlanProblem>();
        if (own.Count > Most)
            found.Add(new("ownMethods", string.Create(CultureInfo.InvariantCulture, $"{own.Count} methods; at most {Most} of a plan's own")));
        for (var i = 0; i < own.Count; i++)
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"ownMethods[{i}].");
            var others = NamedMethods.All.Concat(own.Take(i)).ToArray();
            if (Name(own[i].Name, others) is { } name)
                found.Add(new(path + "name", name));
            if (Title(own[i].Title, others) is { } title)
                found.Add(new(path + "title", title));
            if (own[i].Reparametrisation is < 1 or > WidestReparametrisation)
                found.Add(new(path + "reparametrisation", string.Create(CultureInfo.InvariantCulture, $"{own[i].Reparametrisation}; from 1 to {WidestReparametrisation}, or left out for none")));
            if (own[i].Size is < 1 or > LargestSize)
                found.Add(new(path + "size", string.Create(CultureInfo.InvariantCulture, $"a size of {own[i].Size}; from 1 to {LargestSize}, or left out: then the budget gives it")));
            if (MethodRules.Problem(own[i]) is { } problem)
                found.Add(new(path + problem.Field, problem.Message));
            else if (Math.Abs(own[i].Scale) > LargestScale)
                found.Add(new(path + "scale", string.Create(CultureInfo.InvariantCulture, $"{own[i].Scale}; from -{LargestScale} to {LargestScale}")));
        }
        return found.ToValueList();
    }

    /// <summary>A name made of a title: "LoRA, twice" becomes "lora-twice", with a number behind it where that is taken; empty where the title has neither letters nor digits.</summary>
    public static string NameOf(string title, IEnumerable<string> taken)
    {
        var known = taken.Concat(NamedMethods.All.Select(method => method.Name)).Concat(Reserved).ToHashSet(StringComparer.Ordinal);
        var name = Other().Replace(title.ToLowerInvariant(), "-").Trim('-');
        if (name.Length == 0)
            return "";
        if (!char.IsAsciiLetter(name[0]))
            name = "m-" + name;
        name = name[..Math.Min(name.Length, LongestName - 3)].TrimEnd('-');
        return known.Contains(name) ? Enumerable.Range(2, known.Count).Select(number => string.Create(CultureInfo.InvariantCulture, $"{name}-{number}")).First(numbered => !known.Contains(numbered)) : name;
    }

    private static string? Name(string name, PeftMethod[] others)
    {
        if (name.Length > LongestName || !Allowed().IsMatch(name))
            return $"'{name}' is no name; lower-case letters, digits and dashes, a letter first, at most {LongestName}";
        return Array.Exists(others, other => string.Equals(other.Name, name, StringComparison.Ordinal)) || Reserved.Contains(name, StringComparer.Ordinal)
            ? $"the name '{name}' is taken; give another"
            : null;
    }

    private static string? Title(string title, PeftMethod[] others)
    {
        if (string.IsNullOrWhiteSpace(title) || title.Length > LongestTitle || title.Any(char.IsControl))
            return $"a title has 1 to {LongestTitle} characters and no line breaks";
        return Array.Find(others, other => string.Equals(other.Title, title, StringComparison.OrdinalIgnoreCase)) is { } same
            ? $"'{same.Name}' has the title '{same.Title}' already; give another"
            : null;
    }

    [GeneratedRegex("^[a-z][a-z0-9-]*\\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Allowed();

    [GeneratedRegex("[^a-z0-9]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Other();
}
