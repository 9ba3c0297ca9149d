namespace PeftStudio.Formats.Metrics;

/// <summary>GLUE's measures, the first three for classes, the next two for scores; and those of written texts.</summary>
public enum TaskMetric
{
    Accuracy,
    F1,
    Matthews,
    Pearson,
    Spearman,
    Rouge1,
    Rouge2,
    RougeL,
    Bleu,
}
