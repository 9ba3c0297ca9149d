using PeftStudio.Search.DesignSpaces;

namespace PeftStudio.Search.Studies;

/// <summary>A sampled design as it is stored; the columns beside <see cref="Design"/> are what tables sort and filter by.</summary>
public sealed class Sample
{
    public const string FullFineTuning = "full fine-tuning";

    private Sample(int studyId, int stepId, int choiceId, int index)
    {
        StudyId = studyId;
        StepId = stepId;
        ChoiceId = choiceId;
        Index = index;
    }

    public Sample(int studyId, int stepId, int choiceId, SampledDesign sampled)
        : this(studyId, stepId, choiceId, sampled.Index)
    {
        if (sampled.Design is null != sampled.Sizes is null)
            throw new ArgumentException($"sample {sampled.Index}: design and sizes come together or not at all", nameof(sampled));
        Sizes = sampled.Sizes;
        if (sampled.Design is not { } design)
            return;
        Design = CanonicalJson.Write(design);
        DesignHash = design.Hash();
        Parameters = sampled.Sizes?.Parameters;
        Pattern = design.Pattern;
        Allocation = design.Allocation;
        Tunable = design.Tunable.ToString();
        Methods = string.Join(" | ", design.Methods);
    }

    public int Id { get; private set; }

    public int StudyId { get; private set; }

    public int StepId { get; private set; }

    public int ChoiceId { get; private set; }

    public int Index { get; private set; }

    /// <summary>Canonical JSON; null for full fine-tuning.</summary>
    public string? Design { get; private set; }

    public string DesignHash { get; private set; } = FullFineTuning;

    public DesignSizes? Sizes { get; private set; }

    /// <summary>The backbone part's trainable parameters; null for full fine-tuning, where the backbone says it.</summary>
    public long? Parameters { get; private set; }

    public LayerPattern? Pattern { get; private set; }

    public AllocationPattern? Allocation { get; private set; }

    /// <summary>"G1+G3".</summary>
    public string Tunable { get; private set; } = "";

    /// <summary>"adapter+lora | frozen | bitfit": one set a group.</summary>
    public string Methods { get; private set; } = FullFineTuning;

    public SampledDesign Value() => new(Index, Design is null ? null : CanonicalJson.Read<Design>(Design), Sizes);
}
