using System.Text.Json;

namespace PeftStudio.Formats.Tasks;

/// <summary>One JSON object a line; strings as they are, numbers and booleans as they are written.</summary>
internal static class JsonLinesFile
{
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    public static IEnumerable<RawRow> Read(TextReader reader, IReadOnlyList<WantedColumn> wanted)
    {
        var rowNumber = 0;
        while (reader.ReadLine() is { } line)
        {
            rowNumber++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            yield return ReadRow(line, rowNumber, wanted);
        }
    }

    private static RawRow ReadRow(string line, int rowNumber, IReadOnlyList<WantedColumn> wanted)
    {
        var cells = new string?[wanted.Count];
        try
        {
            using var document = JsonDocument.Parse(line, Options);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return new(rowNumber, cells, "it is no JSON object");
            for (var i = 0; i < wanted.Count; i++)
            {
                var name = wanted[i].Column.Name ?? "";
                if (!document.RootElement.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
                {
                    if (!wanted[i].Optional)
                        return new(rowNumber, cells, $"it has no '{name}'");
                    continue;
                }
                if (value.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
                    return new(rowNumber, cells, $"'{name}' is neither text nor a number");
                cells[i] = value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText();
            }
            return new(rowNumber, cells, null);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // Half of a surrogate pair, in a name or a text, is reported as InvalidOperationException.
            return new(rowNumber, cells, $"it is no valid JSON ({error.Message})");
        }
    }
}
