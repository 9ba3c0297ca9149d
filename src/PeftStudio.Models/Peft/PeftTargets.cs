using System.Text.Json;
using PeftStudio.Formats;

namespace PeftStudio.Models.Peft;

/// <summary>Which modules an adapter_config.json of HF PEFT (0.20) means: a list holds ends of their paths, a string is an expression for the whole path.</summary>
internal sealed class PeftTargets(JsonFields config)
{
    // More than any model has products.
    private const int MostPatterns = 2_000;

    private readonly Dictionary<string, PeftExpression> expressions = new(StringComparer.Ordinal);

    /// <exception cref="InvalidDataException">The configuration names none, or by an expression that is not read.</exception>
    public bool IsTarget(string path) => Names("target_modules", path, name => path == name || path.EndsWith("." + name, StringComparison.Ordinal));

    /// <summary>Of (IA)3: whether the vector multiplies what the product reads. PEFT's rule for a list asks for no dot before the name.</summary>
    /// <exception cref="InvalidDataException">The configuration does not say, or by an expression that is not read.</exception>
    public bool MultipliesInput(string path) => Names("feedforward_modules", path, name => path.EndsWith(name, StringComparison.Ordinal));

    /// <summary>PEFT's rule: the first name or expression that matches the end of the module's path from a dot on.</summary>
    /// <returns>the value of a path, or the other one where none matches</returns>
    public Func<string, double, double> Pattern(string name)
    {
        if (config.ObjectOrNull(name) is not { } map)
            return (_, other) => other;
        var entries = map.EachDouble(1e-9, 1e9).Select(p => (Expression: $@"(?:.*\.)?(?:{p.Name})", p.Value)).ToArray();
        if (entries.Length > MostPatterns)
            throw config.Wrong(name, $"has {entries.Length} entries; at most {MostPatterns} are read");
        return (path, other) => entries.Where(e => Matches(name, e.Expression, path)).Select(e => e.Value).FirstOrDefault(other);
    }

    private bool Names(string field, string path, Func<string, bool> isMeant)
    {
        if (!config.Has(field))
            throw config.Wrong(field, "is missing");
        return config.Element.GetProperty(field).ValueKind == JsonValueKind.String
            ? Matches(field, config.String(field), path)
            : config.Strings(field).Any(isMeant);
    }

    private bool Matches(string field, string expression, string path)
    {
        try
        {
            if (!expressions.TryGetValue(expression, out var known))
                expressions.Add(expression, known = new PeftExpression(expression));
            return known.IsMatch(path);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new InvalidDataException($"{config.File}: '{field}' holds an expression that is not read: {e.Message}", e);
        }
    }
}
