using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Studies;
using PeftStudio.TestWorker;

namespace PeftStudio.Jobs.Tests;

/// <summary>A whole search of 36 trials: two choices in each of S1 to S3, three strategies in each of two groups, five contenders.</summary>
internal static class MiniStudy
{
    public const string BackboneHash = "b0";

    public const string TaskHash = "t0";

    public static readonly StudyAssets Assets = new(
        new("tiny", BackboneHash, new("bert", [new("encoder", 6, 16, 16, 32)], 100_000)),
        [new("cola", TaskHash, ["no", "yes"], ["matthews"], 100, 20)]);

    public static HashExecutor Executor(int millisecondsAnEpoch = 0) => new(TimeSpan.FromMilliseconds(millisecondsAnEpoch), BackboneHash, [TaskHash]);

    public static StudyPlan Plan(string name = "mini", double? minutes = null) => new()
    {
        Name = name,
        Backbone = "tiny",
        Tasks = ["cola"],
        Seed = 7,
        Budget = new(percent: 5),
        Space = new()
        {
            Groups = 2,
            Groupings = [LayerPattern.Uniform, LayerPattern.Increasing],
            Allocations = [AllocationPattern.Uniform, AllocationPattern.Increasing],
            TunableGroups = [[1, 2], [2]],
            Methods = ["lora", "bitfit"],
        },
        Compute = new() { SamplesPerChoice = 2, StartSamples = 2, Epochs = 2, RowsPerTask = 50, WallClockMinutes = minutes },
        Final = new() { Seeds = 2, Epochs = 3 },
    };
}
