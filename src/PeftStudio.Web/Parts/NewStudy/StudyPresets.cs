using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Studies;

namespace PeftStudio.Web.Parts.NewStudy;

/// <summary>Plans to start from. They change the regime alone: backbone, tasks and name are kept.</summary>
public sealed record StudyPreset(string Key, string Title, string Says, Func<StudyPlan, StudyPlan> Apply)
{
    public static IReadOnlyList<StudyPreset> All { get; } =
    [
        new("quick", "Quick look", "n = 3, short runs, single methods: minutes; verdicts need n = 5", plan => plan with
        {
            Space = new SpacePlan { Strategies = [[["adapter"], ["bitfit"], ["lora"], ["prefix"]]], TunableGroups = [[1, 2, 3, 4], [3, 4], [4], [1, 2]] },
            Design = null,
            Compute = new ComputePlan { SamplesPerChoice = 3, StartSamples = 3, Epochs = 2, RowsPerTask = 300 },
            Final = new FinalPlan { Seeds = 3, Epochs = 3, RowsPerTask = 1000, FullFineTuning = false },
        }),
        new("overnight", "Overnight", "n = 8, 3 epochs, 1 000 rows, the whole space; final comparison on 5 seeds", plan => plan with
        {
            Space = new SpacePlan(),
            Design = null,
            Compute = new ComputePlan(),
            Final = new FinalPlan(),
        }),
        new("paper", "As the paper", "100 designs a choice, 3 epochs, all rows, 0.5 %, whole space (rates and batch are not in the paper)", plan => plan with
        {
            Space = new SpacePlan(),
            Design = null,
            Budget = new Budget(percent: 0.5),
            Compute = new ComputePlan { SamplesPerChoice = 100, StartSamples = 100, Epochs = 3, RowsPerTask = null },
            Final = new FinalPlan { Seeds = 20, Epochs = 10 },
        }),
        new("design", "Train one design", "no search: a structure of your own on several seeds", plan => plan with
        {
            Space = null,
            Design = plan.Design ?? OneDesign.Start,
            Final = plan.Final with { BestOfStart = false },
        }),
    ];

    public static StudyPreset? Find(string? key) => All.FirstOrDefault(preset => string.Equals(preset.Key, key, StringComparison.Ordinal));
}
