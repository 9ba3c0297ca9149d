using System.Globalization;
using System.Text.RegularExpressions;

namespace PeftStudio.Models.Peft;

/// <summary>
/// An expression for a module's whole path. It is matched without going back, so that a file from elsewhere cannot hold the process up; that has a limit of its own on an
/// expression's size, which a design of many layers and sizes passes, and so <c>(.*\.)?(a|b|..)</c> is matched part by part.
/// </summary>
internal sealed class PeftExpression
{
    private const string Ends = @"(.*\.)?(";
    private const int MostCharacters = 100_000;
    private const int PartCharacters = 1_500;

    private readonly Regex[] parts;

    /// <exception cref="ArgumentException">No expression, or too long.</exception>
    /// <exception cref="NotSupportedException">It goes back, or an alternative is too large.</exception>
    public PeftExpression(string expression)
    {
        if (expression.Length > MostCharacters)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"it has {expression.Length} characters; at most {MostCharacters} are read"), nameof(expression));
        parts = [.. Parts(expression).Select(part => new Regex($"^(?:{part})$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant))];
    }

    public bool IsMatch(string path) => Array.Exists(parts, part => part.IsMatch(path));

    private static IEnumerable<string> Parts(string expression)
    {
        if (expression.Length <= PartCharacters || Alternatives(expression) is not { } alternatives)
            return [expression];
        var parts = new List<string>();
        foreach (var alternative in alternatives)
            if (parts.Count > 0 && parts[^1].Length + alternative.Length < PartCharacters)
                parts[^1] += "|" + alternative;
            else
                parts.Add(alternative);
        return parts.Select(part => $"{Ends}{part})");
    }

    /// <summary>Null where it is not made of alternatives alone, or may hold what counts beyond its own: options, classes.</summary>
    private static List<string>? Alternatives(string expression)
    {
        if (!expression.StartsWith(Ends, StringComparison.Ordinal) || expression.Contains("(?", StringComparison.Ordinal) || expression.Contains('['))
            return null;
        var (found, from, depth) = (new List<string>(), Ends.Length, 1);
        for (var at = from; at < expression.Length; at++)
            switch (expression[at])
            {
                case '\\':
                    at++;
                    break;
                case '(':
                    depth++;
                    break;
                case ')' when --depth == 0:
                    found.Add(expression[from..at]);
                    return at == expression.Length - 1 ? found : null;
                case '|' when depth == 1:
                    found.Add(expression[from..at]);
                    from = at + 1;
                    break;
            }
        return null;
    }
}
