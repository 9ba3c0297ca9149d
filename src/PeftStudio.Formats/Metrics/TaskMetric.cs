namespace PeftStudio.Formats.Metrics;

/// <summary>GLUE's measures. The first three are for classes, the last two for scores.</summary>
public enum TaskMetric
{
    Accuracy,
    F1,
    Matthews,
    Pearson,
    Spearman,
}
