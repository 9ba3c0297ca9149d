using PeftStudio.Formats.Metrics;
using PeftStudio.Search;

namespace PeftStudio.Formats.Tasks;

/// <summary>
/// GLUE's nine in the layout of the official archives: tab separated, no quoting. Label indices are those of huggingface/datasets,
/// metrics those of the benchmark (Wang et al. 2018, table 1); MNLI is scored on the matched rows.
/// </summary>
public static class GlueTasks
{
    public static ValueList<TaskDefinition> All { get; } =
    [
        // No header: source, label, the author's mark, sentence.
        new("CoLA", "train.tsv", "dev.tsv", Column.At(3), null, Column.At(1), Binary("unacceptable", "acceptable"), null, [TaskMetric.Matthews], hasHeader: false),
        Single("SST-2", "sentence", Binary("negative", "positive")),
        Paired("MRPC", "#1 String", "#2 String", "Quality", Binary("not_equivalent", "equivalent"), [TaskMetric.Accuracy, TaskMetric.F1]),
        new("STS-B", "train.tsv", "dev.tsv", Column.Named("sentence1"), Column.Named("sentence2"), Column.Named("score"), null, new(0, 5), [TaskMetric.Pearson, TaskMetric.Spearman]),
        Paired("QQP", "question1", "question2", "is_duplicate", Binary("not_duplicate", "duplicate"), [TaskMetric.Accuracy, TaskMetric.F1]),
        // The label is the last column: dev has five annotators' labels before it, train one.
        new("MNLI", "train.tsv", "dev_matched.tsv", Column.Named("sentence1"), Column.Named("sentence2"), Column.Named("gold_label"), new(["entailment", "neutral", "contradiction"]), null, [TaskMetric.Accuracy]),
        Paired("QNLI", "question", "sentence", "label", new(["entailment", "not_entailment"]), [TaskMetric.Accuracy]),
        Paired("RTE", "sentence1", "sentence2", "label", new(["entailment", "not_entailment"]), [TaskMetric.Accuracy]),
        Paired("WNLI", "sentence1", "sentence2", "label", Binary("not_entailment", "entailment"), [TaskMetric.Accuracy]),
    ];

    /// <summary>The definition for a folder of this name, whatever its case; null where GLUE has none.</summary>
    public static TaskDefinition? Find(string folderName) =>
        All.FirstOrDefault(task => string.Equals(task.Name, folderName, StringComparison.OrdinalIgnoreCase));

    private static TaskLabels Binary(string zero, string one) => new([zero, one], ["0", "1"]);

    private static TaskDefinition Single(string name, string text, TaskLabels labels) =>
        new(name, "train.tsv", "dev.tsv", Column.Named(text), null, Column.Named("label"), labels, null, [TaskMetric.Accuracy]);

    private static TaskDefinition Paired(string name, string text, string pair, string label, TaskLabels labels, ValueList<TaskMetric> metrics) =>
        new(name, "train.tsv", "dev.tsv", Column.Named(text), Column.Named(pair), Column.Named(label), labels, null, metrics);
}
