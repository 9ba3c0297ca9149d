using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Tokenizers;

namespace PeftStudio.Formats.Tasks;

/// <summary>
/// How a row's texts are put before a backbone: as they are, or on T5 as one text that names the task and its parts; where texts are to be written, behind the task's own prefix. GLUE's have the names that T5 was pretrained with
/// (Raffel et al. 2020, appendix D), but for WNLI, which its mixture left out: that text is ours, after RTE's.
/// </summary>
public sealed class RowText
{
    private static readonly Dictionary<string, (string Task, string Text, string Pair, bool PairFirst)> Glue = new(StringComparer.Ordinal)
    {
        ["CoLA"] = ("cola", "sentence", "", false),
        ["SST-2"] = ("sst2", "sentence", "", false),
        ["MRPC"] = ("mrpc", "sentence1", "sentence2", false),
        ["STS-B"] = ("stsb", "sentence1", "sentence2", false),
        ["QQP"] = ("qqp", "question1", "question2", false),
        ["MNLI"] = ("mnli", "premise", "hypothesis", true),
        ["QNLI"] = ("qnli", "question", "sentence", false),
        ["RTE"] = ("rte", "sentence1", "sentence2", false),
        ["WNLI"] = ("wnli", "sentence1", "sentence2", false),
    };

    private readonly (string Task, string Text, string Pair, bool PairFirst)? names;

    private readonly string prefix;

    private RowText((string, string, string, bool)? names, string prefix = "") => (this.names, this.prefix) = (names, prefix);

    public static RowText Of(TaskDefinition task, BackboneConfig config) => task.Generation is { } generation ? new(null, generation.Prefix)
        : config.T5 is null
        ? new(null)
        : new(Glue.TryGetValue(task.Name, out var known) ? known : (task.Name, task.Pair is null ? "sentence" : "sentence1", "sentence2", false));

    /// <param name="maxLength">most tokens, special ones counted, null: any number; a text that T5 reads is cut at its end.</param>
    public EncodedText Encode(Tokenizer tokenizer, string text, string? pair, int? maxLength) =>
        OneText(text, pair) is { } one ? tokenizer.Encode(one, null, maxLength) : tokenizer.Encode(prefix + text, pair, maxLength);

    /// <summary>What T5 reads; null where the texts are read as they are.</summary>
    internal string? OneText(string text, string? pair)
    {
        if (names is not var (task, first, second, pairFirst))
            return null;
        var named = $"{first}: {text}";
        return pair is null ? $"{task} {named}" : pairFirst ? $"{task} {second}: {pair} {named}" : $"{task} {named} {second}: {pair}";
    }
}
