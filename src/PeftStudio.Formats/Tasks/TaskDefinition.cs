using PeftStudio.Formats.Metrics;
using PeftStudio.Search;

namespace PeftStudio.Formats.Tasks;

/// <summary>How a task's files are read and scored: classes (<see cref="Labels"/>), scores (<see cref="Range"/>) or texts (<see cref="Generation"/>), exactly one of them.</summary>
public sealed record TaskDefinition
{
    public TaskDefinition(
        string name,
        string trainFile,
        string devFile,
        Column text,
        Column? pair,
        Column label,
        TaskLabels? labels,
        ScoreRange? range,
        ValueList<TaskMetric> metrics,
        TaskFileFormat format = TaskFileFormat.Tsv,
        bool hasHeader = true,
        Quoting? quoting = null,
        string? description = null,
        TextGeneration? generation = null)
    {
        (Name, TrainFile, DevFile, Text, Pair, Label, Labels, Range) = (name, trainFile, devFile, text, pair, label, labels, range);
        (Generation, Metrics, Format, HasHeader, Description) = (generation, metrics, format, hasHeader, description);
        Quoting = quoting ?? (format == TaskFileFormat.Csv ? Quoting.Rfc4180 : Quoting.None);
        Check();
    }

    public string Name { get; }

    public string? Description { get; }

    public string TrainFile { get; }

    public string DevFile { get; }

    public TaskFileFormat Format { get; }

    /// <summary>Whether the first line names the columns; JSON lines have their own keys.</summary>
    public bool HasHeader { get; }

    public Quoting Quoting { get; }

    public Column Text { get; }

    /// <summary>The second sentence of a pair; null for tasks of one sentence.</summary>
    public Column? Pair { get; }

    /// <summary>Of the label, the score or the target text.</summary>
    public Column Label { get; }

    public TaskLabels? Labels { get; }

    public ScoreRange? Range { get; }

    public TextGeneration? Generation { get; }

    /// <summary>The task's score is their mean.</summary>
    public ValueList<TaskMetric> Metrics { get; }

    public TargetKind Kind => Labels is not null ? TargetKind.Classes : Range is not null ? TargetKind.Scores : TargetKind.Texts;

    public bool IsRegression => Kind == TargetKind.Scores;

    /// <summary>Outputs of the head: one a class, or one score; none where the language model writes.</summary>
    public int Outputs => Kind switch { TargetKind.Classes => LabelNames.Count, TargetKind.Scores => 1, _ => 0 };

    public ValueList<string> LabelNames => Labels?.Names ?? [];

    public ValueList<string> MetricNames => Metrics.Select(TaskMetricNames.NameOf).ToValueList();

    private void Check()
    {
        if (string.IsNullOrWhiteSpace(Name) || Name.Length > 100 || Name.Any(char.IsControl))
            throw new InvalidTaskException("'name' must be 1 to 100 printable characters");
        RequireFileName("train", TrainFile);
        RequireFileName("dev", DevFile);
        if (new object?[] { Labels, Range, Generation }.Count(kind => kind is not null) != 1)
            throw new InvalidTaskException("a task has 'labels' (classes), 'regression' (scores) or 'generation' (texts); write exactly one of them");
        if (Generation is not null && Pair is not null)
            throw new InvalidTaskException("'columns.pair' is for labels and scores; a text is written from one text, so put both into it");
        foreach (var column in new[] { Text, Pair, Label })
        {
            if (column is { Name: not null } && !HasHeader && Format != TaskFileFormat.Jsonl)
                throw new InvalidTaskException($"{column} is named, but the files have no header; give its number from 0, or set 'header' to true");
            if (column is { Index: not null } && Format == TaskFileFormat.Jsonl)
                throw new InvalidTaskException($"{column} is a number, but JSON lines have keys; give the key's name");
        }
        if (Format == TaskFileFormat.Jsonl && Quoting != Quoting.None)
            throw new InvalidTaskException("'quoting' is for tsv and csv; leave it out for jsonl");
        CheckMetrics();
    }

    private void CheckMetrics()
    {
        if (Metrics.Count == 0)
            throw new InvalidTaskException($"'metrics' is empty; choose from {string.Join(", ", TaskMetricNames.All)}");
        if (Metrics.Distinct().Count() != Metrics.Count)
            throw new InvalidTaskException("'metrics' names one metric twice");
        foreach (var metric in Metrics)
        {
            if (TaskMetricNames.KindOf(metric) is var kind && kind != Kind)
                throw new InvalidTaskException($"the metric {TaskMetricNames.NameOf(metric)} is for {Word(kind)}, and this task has {Word(Kind)}; choose from {string.Join(", ", TaskMetricNames.Of(Kind))}");
            if (TaskMetricNames.IsForTwoClasses(metric) && Labels?.Count != 2)
                throw new InvalidTaskException($"the metric {TaskMetricNames.NameOf(metric)} is for two labels, and this task has {Labels?.Count}; choose accuracy");
        }
    }

    private static string Word(TargetKind kind) => kind.ToString().ToLowerInvariant();

    // A name of a file in the task's own folder and no path: nothing outside the folder is ever read.
    private static void RequireFileName(string key, string file)
    {
        if (string.IsNullOrWhiteSpace(file) || file is "." or ".." || file.AsSpan().ContainsAny('/', '\\', ':') || file.Any(char.IsControl))
            throw new InvalidTaskException($"'files.{key}' is '{file}': it must be the name of a file in the task's folder, without a path");
    }
}
