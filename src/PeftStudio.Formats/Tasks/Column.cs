namespace PeftStudio.Formats.Tasks;

/// <summary>A column by the name in the header (or the key of a JSON line), or by its place from 0.</summary>
public sealed record Column
{
    private Column(string? name, int? index) => (Name, Index) = (name, index);

    public string? Name { get; }

    public int? Index { get; }

    public static Column Named(string name) =>
        string.IsNullOrWhiteSpace(name) ? throw new InvalidTaskException("a column's name is empty") : new(name, null);

    public static Column At(int index) =>
        index < 0 ? throw new InvalidTaskException($"column {index} does not exist: columns are counted from 0") : new(null, index);

    public override string ToString() => Name is null ? $"column {Index}" : $"column '{Name}'";
}
