namespace PeftStudio.Formats.Metrics;

/// <summary>The names that task.json, results and manifests write.</summary>
public static class TaskMetricNames
{
    private static readonly (TaskMetric Metric, string Name, TargetKind Kind)[] Names =
    [
        (TaskMetric.Accuracy, "accuracy", TargetKind.Classes),
        (TaskMetric.F1, "f1", TargetKind.Classes),
        (TaskMetric.Matthews, "matthews", TargetKind.Classes),
        (TaskMetric.Pearson, "pearson", TargetKind.Scores),
        (TaskMetric.Spearman, "spearman", TargetKind.Scores),
        (TaskMetric.Rouge1, "rouge1", TargetKind.Texts),
        (TaskMetric.Rouge2, "rouge2", TargetKind.Texts),
        (TaskMetric.RougeL, "rougeL", TargetKind.Texts),
        (TaskMetric.Bleu, "bleu", TargetKind.Texts),
    ];

    public static IReadOnlyList<string> All { get; } = [.. Names.Select(entry => entry.Name)];

    public static string NameOf(TaskMetric metric) => Names.First(entry => entry.Metric == metric).Name;

    /// <summary>Null where no metric has this name.</summary>
    public static TaskMetric? Find(string name)
    {
        foreach (var entry in Names)
            if (entry.Name == name)
                return entry.Metric;
        return null;
    }

    /// <summary>What the metric compares.</summary>
    public static TargetKind KindOf(TaskMetric metric) => Names.First(entry => entry.Metric == metric).Kind;

    public static IEnumerable<string> Of(TargetKind kind) => Names.Where(entry => entry.Kind == kind).Select(entry => entry.Name);

    /// <summary>F1 of class 1 and Matthews are defined here for two classes, as GLUE uses them.</summary>
    public static bool IsForTwoClasses(TaskMetric metric) => metric is TaskMetric.F1 or TaskMetric.Matthews;
}
