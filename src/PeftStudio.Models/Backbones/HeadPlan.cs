using PeftStudio.Models.Sequences;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Backbones;

/// <summary>
/// What a model is asked for: one output a label, or one number, by a head of its own; a label's words, written by a language model's own head; or that head's whole vocabulary.
/// </summary>
public sealed record HeadPlan
{
    /// <summary>Value of a language model's target that counts for nothing in the loss.</summary>
    public const long IgnoredTarget = Targets.Ignored;

    private HeadPlan(int outputs, bool isRegression) => (Outputs, IsRegression) = (outputs, isRegression);

    public static HeadPlan Regression { get; } = new(1, isRegression: true);

    /// <summary>The checkpoint's own head over the vocabulary; targets are tokens.</summary>
    public static HeadPlan LanguageModel { get; } = new(0, isRegression: false);

    /// <summary>Numbers a row; 0: a language model's, one a word of the vocabulary and target.</summary>
    public int Outputs { get; }

    public bool IsRegression { get; }

    /// <summary>What is written for each label; null: labels are outputs of a head.</summary>
    public LabelWords? Words { get; private init; }

    public bool IsLanguageModel => Outputs == 0;

    /// <summary>Whether a language model's own head answers, with labels' words or any others.</summary>
    public bool Writes => IsLanguageModel || Words is not null;

    public static HeadPlan Classification(int labels) => labels >= 2
        ? new HeadPlan(labels, isRegression: false)
        : throw new ArgumentOutOfRangeException(nameof(labels), labels, "at least 2 labels are wanted");

    /// <summary>What a head of so many outputs means: one is a regression's.</summary>
    public static HeadPlan OfOutputs(int outputs) => outputs == 1 ? Regression : Classification(outputs);

    public static HeadPlan Written(LabelWords words) => new(words.Count, isRegression: false) { Words = words };

    /// <summary>Mean cross entropy over rows or over all targets that are asked, or mean squared error.</summary>
    /// <param name="logits">(rows, outputs), or (rows, targets, vocabulary); fp32</param>
    /// <param name="labels">(rows): int64 classes, or fp32 values; or (rows, targets): int64 tokens, -100 where nothing is asked</param>
    public Tensor Loss(Tensor logits, Tensor labels)
    {
        if (IsLanguageModel)
            return nn.functional.cross_entropy(logits.view(-1, logits.size(-1)), labels.flatten(), ignore_index: Targets.Ignored);
        if (!IsRegression)
            return nn.functional.cross_entropy(logits, labels);
        using var scope = NewDisposeScope();
        return nn.functional.mse_loss(logits.squeeze(-1), labels.In(logits.dtype)).MoveToOuterDisposeScope();
    }
}
