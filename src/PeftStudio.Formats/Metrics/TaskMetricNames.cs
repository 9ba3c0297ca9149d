namespace PeftStudio.Formats.Metrics;

/// <summary>The names that task.json, results and manifests write.</summary>
public static class TaskMetricNames
{
    private static readonly (TaskMetric Metric, string Name)[] Names =
    [
        (TaskMetric.Accuracy, "accuracy"),
        (TaskMetric.F1, "f1"),
        (TaskMetric.Matthews, "matthews"),
        (TaskMetric.Pearson, "pearson"),
        (TaskMetric.Spearman, "spearman"),
    ];

    public static IReadOnlyList<string> All { get; } = [.. Names.Select(pair => pair.Name)];

    public static string NameOf(TaskMetric metric) => Names.First(pair => pair.Metric == metric).Name;

    /// <summary>Null where no metric has this name.</summary>
    public static TaskMetric? Find(string name)
    {
        foreach (var pair in Names)
            if (pair.Name == name)
                return pair.Metric;
        return null;
    }

    /// <summary>True for the correlations, which compare scores; the others compare classes.</summary>
    public static bool IsForScores(TaskMetric metric) => metric is TaskMetric.Pearson or TaskMetric.Spearman;

    /// <summary>F1 of class 1 and Matthews are defined here for two classes, as GLUE uses them.</summary>
    public static bool IsForTwoClasses(TaskMetric metric) => metric is TaskMetric.F1 or TaskMetric.Matthews;
}
