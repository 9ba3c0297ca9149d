using System.Text.Json.Serialization;

namespace PeftStudio.Search.DesignSpaces;

/// <summary>The methods of one layer group by name, in ordinal order, each once; empty for a frozen group.</summary>
public sealed record MethodSet
{
    public static readonly MethodSet Empty = new(ValueList<string>.Empty);

    public MethodSet(ValueList<string> names) =>
        Names = names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToValueList();

    public ValueList<string> Names { get; }

    [JsonIgnore]
    public bool IsEmpty => Names.Count == 0;

    public bool Contains(string name) => Names.Contains(name, StringComparer.Ordinal);

    public override string ToString() => IsEmpty ? "frozen" : string.Join("+", Names);
}
