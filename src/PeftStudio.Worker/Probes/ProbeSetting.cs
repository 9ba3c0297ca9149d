using PeftStudio.Search;
using PeftStudio.Search.Costs;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;

namespace PeftStudio.Worker.Probes;

/// <summary>One short trial whose cost is measured.</summary>
/// <param name="Methods">of every tuned layer; empty: full fine-tuning.</param>
/// <param name="Tuned">share of the layers that is tuned, from the top.</param>
/// <param name="Length">tokens a row.</param>
/// <param name="LongText">whether the task's file is large: what a worker holds as text.</param>
/// <param name="Writes">tokens of the texts that are to be written; 0: labels.</param>
/// <param name="Beams">of such a text.</param>
internal sealed record ProbeSetting(ValueList<string> Methods, double Tuned, int Batch, int Length, bool LongText = false, int Writes = 0, int Beams = 4)
{
    /// <summary>What a model is fitted to, of a backbone with a decoder and of one without.</summary>
    public static ValueList<ProbeSetting> FittedOf(BackboneShape shape) => IsWriter(shape) ? [.. Fitted, .. FittedWriting] : Fitted;

    /// <summary>What it is held against.</summary>
    public static ValueList<ProbeSetting> HeldOutOf(BackboneShape shape) => IsWriter(shape) ? [.. HeldOut, .. HeldOutWriting] : HeldOut;

    /// <summary>With a network that makes it while it trains, of the width that the papers have.</summary>
    private static readonly PeftMethod MadePrefix = NamedMethods.Prefix with { Name = "made-prefix", Reparametrisation = 512 };

    private static readonly ValueList<PeftMethod> Known = NamedMethods.With([MadePrefix]);

    /// <summary>Few and many layers, rows short and long, light and heavy methods, everything trained.</summary>
    private static readonly ValueList<ProbeSetting> Fitted =
    [
        new(["lora"], 1, 16, 32),
        new(["lora"], 1, 32, 64),
        new(["lora"], 0.5, 8, 192),
        new(["adapter"], 0.5, 32, 96),
        new(["bitfit"], 0.25, 32, 32),
        new(["adapter", "lora"], 1, 24, 48),
        new(["bitfit", "prefix"], 0.25, 32, 128),
        new(["adapter", "bitfit", "lora", "prefix"], 1, 32, 96),
        new(["adapter", "bitfit", "lora", "prefix"], 1, 8, 128),
        new(["lora"], 1, 16, 32, LongText: true),
        new([], 1, 8, 48),
        new([], 1, 16, 96),
    ];

    /// <summary>Other shares, batches, lengths and methods.</summary>
    private static readonly ValueList<ProbeSetting> HeldOut =
    [
        new(["lora"], 1, 16, 128),
        new(["lora"], 0.75, 32, 48),
        new(["prefix"], 1, 32, 64),
        new(["adapter"], 1, 16, 160),
        new(["bitfit"], 0.5, 48, 64),
        new(["bitfit", "lora"], 0.25, 16, 40),
        new(["adapter", "prefix"], 0.5, 16, 112),
        new(["parallel"], 1, 24, 80),
        new([MadePrefix.Name], 1, 16, 64),
        new(["adapter", "bitfit", "lora", "prefix"], 0.75, 16, 40),
        new([], 1, 24, 48),
    ];

    private static readonly ValueList<ProbeSetting> FittedWriting = [new(["lora"], 1, 16, 48, Writes: 24), new(["adapter", "bitfit"], 0.5, 8, 32, Writes: 96, Beams: 8)];

    private static readonly ValueList<ProbeSetting> HeldOutWriting =
    [
        new(["lora", "prefix"], 0.5, 24, 64, Writes: 16),
        new(["adapter"], 1, 16, 32, Writes: 32),
        new([], 1, 8, 48, Writes: 16),
        new(["lora"], 1, 8, 64, Writes: 160, Beams: 8),
        new(["bitfit"], 1, 8, 160, Writes: 48, Beams: 1),
    ];

    /// <summary>Of the optimizer; the first is not timed.</summary>
    public const int Steps = 3;

    public override string ToString() => FormattableString.Invariant(
        $"{(Methods.Count == 0 ? "everything" : string.Join("+", Methods))}, {Tuned:0.##} of the layers, {Batch} x {Length}{(LongText ? ", a long file" : "")}{(Writes > 0 ? $", {Writes} to write, {Beams} beam{(Beams == 1 ? "" : "s")}" : "")}");

    /// <param name="length">most tokens a row that the backbone takes; null: any number.</param>
    public TrialPlan Plan(BackboneAsset backbone, TaskAsset task, Precision precision, int? length)
    {
        var design = Methods.Count == 0 ? null : Design(backbone.Shape);
        return new TrialPlan(
            backbone, task, design, design is null ? null : Sizes(design, backbone.Shape),
            new TrainingPlan { BatchSize = Batch, MaxLength = Math.Min(Length, length ?? Length), Precision = precision }, Epochs: 1, TrainingRows: Batch * Steps, DecisionShare: 0,
            DecisionRowsAtMost: 0, DecisionRows.Dev, EvaluationRows.Decision, StudySeed: 1, TrainingSeed: 0, KeepAdapter: false)
        {
            OwnMethods = Methods.Contains(MadePrefix.Name, StringComparer.Ordinal) ? [MadePrefix] : [],
        };
    }

    private static bool IsWriter(BackboneShape shape) => shape.Stacks.Any(stack => stack.CrossAttention);

    private Design Design(BackboneShape shape)
    {
        // The groups are the same in every stack, so where one cannot be cut none is.
        var tuned = shape.Stacks.Select(stack => (int)Math.Clamp(Math.Round(stack.Layers * Tuned), 1, stack.Layers)).ToArray();
        var whole = shape.Stacks.Where((stack, i) => tuned[i] == stack.Layers).Any();
        var groupings = shape.Stacks.Select((stack, i) => new LayerGrouping(whole ? [stack.Layers] : [stack.Layers - tuned[i], tuned[i]])).ToValueList();
        var methods = new MethodSet(Methods);
        return whole
            ? new Design(LayerPattern.Uniform, groupings, AllocationPattern.Uniform, new TunableGroups([1]), [methods])
            : new Design(LayerPattern.Uniform, groupings, AllocationPattern.Uniform, new TunableGroups([2]), [MethodSet.Empty, methods]);
    }

    // Half a percent is a study's default; a small backbone needs more for four methods at once.
    private static DesignSizes Sizes(Design design, BackboneShape shape) =>
        new[] { 0.5, 2, 10, 100 }.Select(percent => BudgetSizes.Compute(design, new Budget(percent: percent), shape, Known).Sizes).OfType<DesignSizes>().FirstOrDefault()
        ?? throw new ArgumentException($"no budget fits {design}", nameof(design));
}
