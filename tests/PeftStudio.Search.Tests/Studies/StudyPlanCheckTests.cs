using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Studies;
using PeftStudio.Search.Tests.DesignSpaces;

namespace PeftStudio.Search.Tests.Studies;

public sealed class StudyPlanCheckTests
{
    private static readonly KnownTask[] Known = [new("similarity"), new("sentiment"), new("headlines", AsksForText: true)];

    public static TheoryData<string, StudyPlan, string> Wrong => new()
    {
        { "name", Plans.Small with { Name = " " }, "give it one" },
        { "name", Plans.Small with { Name = new string('x', 201) }, "at most 200" },
        { "backbone", Plans.Small with { Backbone = "" }, "choose one" },
        { "tasks", Plans.Small with { Tasks = [] }, "choose at least one" },
        { "tasks[1]", Plans.Small with { Tasks = ["similarity", "similarity"] }, "listed twice" },
        { "tasks[0]", Plans.Small with { Tasks = ["mnli"] }, "there are headlines, sentiment, similarity" },
        { "tasks[1]", Plans.Small with { Tasks = ["similarity", "headlines"] }, $"'headlines' asks for written text, and a backbone of the kind {Shapes.Small.Architecture} writes none; leave the task out" },
        { "space", Plans.Small with { Space = null }, "neither a space" },
        { "design", Plans.Small with { Design = Shapes.AllTuned(Shapes.Small, AllocationPattern.Uniform, Shapes.Set("lora")) }, "leave one out" },
        { "compute.samplesPerChoice", Plans.Small with { Compute = new ComputePlan { SamplesPerChoice = 0 } }, "from 1 to" },
        { "compute.startSamples", Plans.Small with { Compute = new ComputePlan { StartSamples = -1 } }, "from 1 to" },
        { "compute.epochs", Plans.Small with { Compute = new ComputePlan { Epochs = 0 } }, "from 1 to" },
        { "compute.rowsPerTask", Plans.Small with { Compute = new ComputePlan { RowsPerTask = 0 } }, "empty for all" },
        { "compute.decisionShare", Plans.Small with { Compute = new ComputePlan { DecisionShare = double.NaN } }, "above 0, at most 0.5" },
        { "compute.wallClockMinutes", Plans.Small with { Compute = new ComputePlan { WallClockMinutes = 0 } }, "no limit" },
        { "final.seeds", Plans.Small with { Final = new FinalPlan { Seeds = 0 } }, "from 1 to 100" },
        { "final.epochs", Plans.Small with { Final = new FinalPlan { Epochs = 0 } }, "from 1 to" },
        { "final.rowsPerTask", Plans.Small with { Final = new FinalPlan { RowsPerTask = -5 } }, "at least 1" },
        { "training.rate", Plans.Small with { Training = new TrainingPlan { Rate = 0 } }, "learning rate" },
        { "training.headRate", Plans.Small with { Training = new TrainingPlan { HeadRate = double.NaN } }, "learning rate" },
        { "training.fullRate", Plans.Small with { Training = new TrainingPlan { FullRate = 2 } }, "learning rate" },
        { "training.methodRates[0].method", Plans.Small with { Training = new TrainingPlan { MethodRates = [new MethodRate("loar", 1)] } }, "there are adapter, prefix, bitfit, lora" },
        { "training.methodRates[1].method", Plans.Small with { Training = new TrainingPlan { MethodRates = [new MethodRate("lora", 1), new MethodRate("lora", 2)] } }, "listed twice" },
        { "training.methodRates[0].multiplier", Plans.Small with { Training = new TrainingPlan { MethodRates = [new MethodRate("lora", 0)] } }, "above 0" },
        { "training.batchSize", Plans.Small with { Training = new TrainingPlan { BatchSize = 0 } }, "from 1 to" },
        { "training.maxLength", Plans.Small with { Training = new TrainingPlan { MaxLength = 1 } }, "from 4 to" },
        { "training.dropout", Plans.Small with { Training = new TrainingPlan { Dropout = 1 } }, "below 1" },
        { "training.warmupShare", Plans.Small with { Training = new TrainingPlan { WarmupShare = 2 } }, "from 0 to 1" },
        { "training.weightDecay", Plans.Small with { Training = new TrainingPlan { WeightDecay = -1 } }, "from 0 to 10" },
        { "training.clipNorm", Plans.Small with { Training = new TrainingPlan { ClipNorm = double.PositiveInfinity } }, "no clipping" },
        { "space.groups", Plans.Small with { Space = new SpacePlan { Groups = 13 } }, "2 to 8" },
        { "space.groupings[0]", Plans.Small with { Space = new SpacePlan { Groups = 2, Groupings = [LayerPattern.Spindle] } }, "spindle" },
        { "space.groupings", Plans.Small with { Space = new SpacePlan { Groupings = [] } }, "choose at least one" },
        { "space.methods[0]", Plans.Small with { Space = new SpacePlan { Methods = ["loar"] } }, "'loar'" },
        { "space.tunableGroups[0]", Plans.Small with { Space = new SpacePlan { TunableGroups = [[5]] } }, "name groups from 1 to 4" },
        { "budget", Plans.Small with { Budget = new Budget(parameters: 10) }, "raise the budget" },
        { "budget", Plans.Small with { Space = null, Design = Shapes.AllTuned(Shapes.Small, AllocationPattern.Uniform, Shapes.Set("bitfit")), Budget = new Budget(parameters: 10) }, "raise the budget" },
        { "design.groupings[0]", Plans.Small with { Space = null, Design = Shapes.AllTuned(Shapes.RobertaBase, AllocationPattern.Uniform, Shapes.Set("lora")) with { Groupings = [new LayerGrouping([3])] } }, "add up to 3" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void EachWrongEntryIsNamedWithItsRemedy(string field, StudyPlan plan, string words)
    {
        var problems = StudyPlanCheck.Problems(plan, Shapes.Small, Known);

        problems.ShouldContain(problem => problem.Field == field && problem.Message.Contains(words), string.Join("\n", problems));
    }

    [Fact]
    public void AnAdapterThatTheDatabaseCannotCarryIsRefusedBeforeItIsTrained()
    {
        static IEnumerable<string> Budget(Budget budget) => StudyPlanCheck.Problems(Plans.Small with { Budget = budget }, Shapes.RobertaBase).Where(problem => problem.Field == "budget").Select(problem => problem.Message);

        Budget(new(percent: 100)).ShouldBe([$"{Shapes.RobertaBase.Parameters:N0} parameters make an adapter of 0.50 GB, and the studio keeps adapters of 0.40 GB at most, which its database can still be dumped with; give at most 100,000,000 parameters, 80.6 % of this backbone"]);
        Budget(new(parameters: 100_000_001)).ShouldHaveSingleItem();
        Budget(new(parameters: 100_000_000)).ShouldBeEmpty();
        Budget(new(percent: 80.6)).ShouldBeEmpty();
    }

    [Fact]
    public void EveryProblemIsToldAtOnce() => StudyPlanCheck
        .Problems(Plans.Small with { Name = "", Tasks = [], Training = new TrainingPlan { Rate = -1 } }, Shapes.Small)
        .Select(problem => problem.Field).ShouldBe(["name", "tasks", "training.rate"]);

    [Fact]
    public void ATaskThatAsksForTextNeedsADecoder()
    {
        var plan = Plans.Small with { Tasks = ["headlines"] };
        var writer = Shapes.Small with { Stacks = [.. Shapes.Small.Stacks, new StackShape("decoder", 3, 8, 8, 16, CrossAttention: true)] };

        foreach (var shape in new[] { writer, null })
            StudyPlanCheck.Problems(plan, shape, Known).Where(problem => problem.Field == "tasks[0]").ShouldBeEmpty();
        StudyPlanCheck.Problems(plan, Shapes.Small, Known).ShouldContain(problem => problem.Field == "tasks[0]");
    }

    [Fact]
    public void AGoodPlanHasNone()
    {
        StudyPlanCheck.Problems(Plans.Small, Shapes.Small, Known).ShouldBeEmpty();
        StudyPlanCheck.Problems(Plans.Small).ShouldBeEmpty();
    }
}
