using System.Globalization;
using PeftStudio.Search.Methods;

namespace PeftStudio.Search.DesignSpaces;

/// <summary>Sizes in words: "G1 LoRA r=6; G2 adapter 14 + prefix 9: 0.49 %".</summary>
public static class SizesText
{
    /// <summary>Groups with their sizes, and what they are of the backbone's parameters.</summary>
    public static string Of(DesignSizes sizes, BackboneShape shape, IReadOnlyList<PeftMethod> methods) =>
        $"{Groups(sizes, methods)}: {Percent(sizes.Parameters, shape)}";

    /// <summary>The groups alone; stacks are named where their sizes differ.</summary>
    public static string Groups(DesignSizes sizes, IReadOnlyList<PeftMethod> methods)
    {
        var stacks = sizes.Sizes.GroupBy(size => size.Stack, StringComparer.Ordinal)
            .Select(stack => (stack.Key, Text: string.Join("; ", stack.GroupBy(size => size.Group).Select(group => Group(group, methods))))).ToList();
        return stacks.Select(stack => stack.Text).Distinct(StringComparer.Ordinal).Count() == 1
            ? stacks[0].Text
            : string.Join("; ", stacks.Select(stack => $"{stack.Key}: {stack.Text}"));
    }

    /// <summary>Two decimals, or two significant digits where that says more: "0.49 %", "0.0012 %".</summary>
    public static string Percent(long parameters, BackboneShape shape)
    {
        var percent = 100m * parameters / shape.Parameters;
        var decimals = 2;
        while (decimals < 10 && percent > 0 && decimal.Round(percent, decimals) < 10m * Tenth(decimals))
            decimals++;
        return percent.ToString(string.Create(CultureInfo.InvariantCulture, $"F{decimals}"), CultureInfo.InvariantCulture) + " %";
    }

    private static decimal Tenth(int decimals)
    {
        var value = 1m;
        for (var i = 0; i < decimals; i++)
            value /= 10;
        return value;
    }

    private static string Group(IGrouping<int, MethodSize> group, IReadOnlyList<PeftMethod> methods) =>
        string.Create(CultureInfo.InvariantCulture, $"G{group.Key + 1} {string.Join(" + ", group.Select(size => Method(size, methods)))}");

    // Inside a sentence; a title that begins with an abbreviation keeps it.
    private static string Inside(string title) => title.Length > 1 && char.IsUpper(title[1]) ? title : char.ToLowerInvariant(title[0]) + title[1..];

    private static string Method(MethodSize size, IReadOnlyList<PeftMethod> methods)
    {
        var method = methods.First(method => string.Equals(method.Name, size.Method, StringComparison.Ordinal));
        return method.Form switch
        {
            FunctionalForm.LowRank or FunctionalForm.LowRankBottleneck => string.Create(CultureInfo.InvariantCulture, $"{method.Title} r={size.Size}"),
            _ when !method.HasSize => method.Title,
            _ => string.Create(CultureInfo.InvariantCulture, $"{Inside(method.Title)} {size.Size}"),
        };
    }
}
