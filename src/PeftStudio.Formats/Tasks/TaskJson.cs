using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using PeftStudio.Formats.Metrics;
using PeftStudio.Search;

namespace PeftStudio.Formats.Tasks;

/// <summary>task.json, strictly: what it does not say is a default named in the documentation, and what it says in vain is refused.</summary>
public static class TaskJson
{
    public const string FileName = "task.json";

    private const long LargestFile = 1 << 20;

    private static readonly JsonDocumentOptions ReadOptions = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    private static readonly JsonWriterOptions WriteOptions = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TaskDefinition ReadFile(string path)
    {
        var file = Path.GetFileName(path);
        try
        {
            if (new FileInfo(path).Length > LargestFile)
                throw new InvalidTaskException("it is larger than 1 MB, which no definition is");
            return Read(StrictUtf8.ReadFile(path));
        }
        catch (DecoderFallbackException error)
        {
            throw new InvalidTaskException($"{file}: it is no valid JSON: it is not UTF-8; save it as UTF-8", error);
        }
        catch (InvalidTaskException error)
        {
            throw new InvalidTaskException($"{file}: {error.Message}", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidTaskException($"{file} cannot be read: {error.Message}", error);
        }
    }

    public static TaskDefinition Read(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, ReadOptions);
            return Read(document.RootElement);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // Half of a surrogate pair, in a name or a text, is reported as InvalidOperationException.
            throw new InvalidTaskException($"it is no valid JSON: {error.Message}", error);
        }
    }

    /// <summary>For a definition inside another file, such as an adapter's.</summary>
    public static TaskDefinition Read(JsonElement element)
    {
        var keys = new JsonKeys(element);
        var name = keys.Text("name");
        var description = keys.OptionalText("description");
        var files = keys.Object("files");
        var (train, dev) = (files.Text("train"), files.Text("dev"));
        files.RefuseOthers();
        var format = ReadWord<TaskFileFormat>(keys, "format", [("tsv", TaskFileFormat.Tsv), ("csv", TaskFileFormat.Csv), ("jsonl", TaskFileFormat.Jsonl)])
            ?? TaskFile.FormatOf(train)
            ?? throw new InvalidTaskException($"'format' is missing, and the name '{train}' does not tell; write \"tsv\", \"csv\" or \"jsonl\"");
        var header = keys.OptionalBoolean("header");
        var quoting = ReadWord<Quoting>(keys, "quoting", [("none", Quoting.None), ("rfc4180", Quoting.Rfc4180)]);
        var generation = keys.OptionalObject("generation");
        var columns = keys.Object("columns");
        var (text, pair, label) = (columns.Column("text"), columns.OptionalColumn("pair"), columns.Column(TargetKey(generation is not null)));
        columns.RefuseOthers();
        var names = keys.OptionalTexts("labels");
        var values = keys.OptionalTexts("labelValues");
        if (names is null && values is not null)
            throw new InvalidTaskException("'labelValues' needs 'labels': the names in the same order");
        var range = keys.OptionalObject("regression");
        var scores = range is null ? null : new ScoreRange(range.Number("min"), range.Number("max"));
        range?.RefuseOthers();
        var texts = generation is null ? null : new TextGeneration(generation.Integer("maxTokens"), generation.OptionalInteger("beams") ?? 4, generation.OptionalText("prefix") ?? "");
        generation?.RefuseOthers();
        var metrics = keys.OptionalTexts("metrics") ?? throw keys.Missing("metrics");
        keys.RefuseOthers();
        return new(
            name, train, dev, text, pair, label,
            names is null ? null : new TaskLabels(names, values),
            scores,
            metrics.Select(metric => TaskMetricNames.Find(metric) ?? throw new InvalidTaskException($"'metrics' names '{metric}'; choose from {string.Join(", ", TaskMetricNames.All)}")).ToValueList(),
            format, header ?? true, quoting, description, texts);
    }

    /// <summary>The file that reads back as this definition, with every default written out.</summary>
    public static string Write(TaskDefinition definition)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, WriteOptions))
            Write(definition, writer);
        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    public static void Write(TaskDefinition definition, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("name", definition.Name);
        if (definition.Description is not null)
            writer.WriteString("description", definition.Description);
        writer.WriteStartObject("files");
        writer.WriteString("train", definition.TrainFile);
        writer.WriteString("dev", definition.DevFile);
        writer.WriteEndObject();
        writer.WriteString("format", definition.Format switch { TaskFileFormat.Csv => "csv", TaskFileFormat.Jsonl => "jsonl", _ => "tsv" });
        if (definition.Format != TaskFileFormat.Jsonl)
        {
            writer.WriteBoolean("header", definition.HasHeader);
            writer.WriteString("quoting", definition.Quoting == Quoting.None ? "none" : "rfc4180");
        }
        writer.WriteStartObject("columns");
        WriteColumn("text", definition.Text);
        WriteColumn("pair", definition.Pair);
        WriteColumn(TargetKey(definition.Generation is not null), definition.Label);
        writer.WriteEndObject();
        if (definition.Labels is { } labels)
        {
            WriteTexts("labels", labels.Names);
            if (!labels.Values.Equals(labels.Names))
                WriteTexts("labelValues", labels.Values);
        }
        if (definition.Range is { } range)
        {
            writer.WriteStartObject("regression");
            writer.WriteNumber("min", range.Minimum);
            writer.WriteNumber("max", range.Maximum);
            writer.WriteEndObject();
        }
        if (definition.Generation is { } generation)
        {
            writer.WriteStartObject("generation");
            writer.WriteNumber("maxTokens", generation.MaxTokens);
            writer.WriteNumber("beams", generation.Beams);
            writer.WriteString("prefix", generation.Prefix);
            writer.WriteEndObject();
        }
        WriteTexts("metrics", definition.MetricNames);
        writer.WriteEndObject();

        void WriteColumn(string key, Column? column)
        {
            if (column?.Index is { } index)
                writer.WriteNumber(key, index);
            else if (column is not null)
                writer.WriteString(key, column.Name);
        }

        void WriteTexts(string key, IEnumerable<string> texts)
        {
            writer.WriteStartArray(key);
            foreach (var text in texts)
                writer.WriteStringValue(text);
            writer.WriteEndArray();
        }
    }

    private static string TargetKey(bool generation) => generation ? "target" : "label";

    private static T? ReadWord<T>(JsonKeys keys, string key, (string Word, T Value)[] words) where T : struct
    {
        if (keys.OptionalText(key) is not { } word)
            return null;
        foreach (var known in words)
            if (known.Word == word)
                return known.Value;
        throw new InvalidTaskException($"'{key}' is '{word}'; write {string.Join(" or ", words.Select(known => $"\"{known.Word}\""))}");
    }
}
