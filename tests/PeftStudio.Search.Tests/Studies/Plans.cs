using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Studies;

namespace PeftStudio.Search.Tests.Studies;

internal static class Plans
{
    public static readonly StudyPlan Small = new()
    {
        Name = "small",
        Backbone = "sample",
        Tasks = ["similarity", "sentiment"],
        Seed = 3,
        Space = new SpacePlan { Strategies = [[["adapter"], ["prefix"], ["bitfit"], ["lora"]]] },
        Budget = new Budget(percent: 1),
        Compute = new ComputePlan { SamplesPerChoice = 3, StartSamples = 3 },
        Final = new FinalPlan { Seeds = 2 },
    };
}
