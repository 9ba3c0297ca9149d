using System.Globalization;
using System.Numerics;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;

namespace PeftStudio.Search.Studies;

/// <summary>Every wrong entry of a plan at once, by the path of its field, so that a form can show each where it was typed.</summary>
public static class StudyPlanCheck
{
    public const int LongestName = 200;
    public const int LongestNote = 10_000;

    /// <summary>Of an adapter, without its head: it is one value of 4 bytes a parameter in the database, and PostgreSQL writes no dump of a value above some 500 MB.</summary>
    public const long MostAdapterParameters = 100_000_000;

    /// <param name="shape">null where no backbone is chosen yet; then nothing is said about space, design and budget.</param>
    /// <param name="knownTasks">null where the tasks at hand are not known.</param>
    public static ValueList<PlanProblem> Problems(StudyPlan plan, BackboneShape? shape = null, IReadOnlyCollection<KnownTask>? knownTasks = null)
    {
        var found = new Findings();
        Names(plan, shape, knownTasks, found);
        Compute(plan.Compute, found);
        found.Within("final.seeds", plan.Final.Seeds, 1, 100);
        found.Within("final.epochs", plan.Final.Epochs, 1, 1_000);
        found.AtLeastOne("final.rowsPerTask", plan.Final.RowsPerTask);
        Training(plan.Training, plan.Methods, found);
        var own = OwnMethodCheck.Problems(plan.OwnMethods);
        found.AddRange(own);
        if (shape is not null)
            Budget(plan.Budget, shape, found);
        if (plan.Space is null == plan.Design is null)
            found.Add(plan.Design is null ? "space" : "design", plan.Design is null
                ? "there is neither a space to search nor a design to train; give one"
                : "there is a design to train and a space to search; leave one out");
        // What a method costs, and what it goes with, is known of a whole method alone.
        else if (shape is not null && own.Count == 0 && plan.Space is { } space)
            found.AddRange(SpaceProblems(space, plan, shape));
        else if (shape is not null && own.Count == 0 && plan.Design is { } design)
            found.AddRange(DesignOf(design, plan, shape));
        return found.All();
    }

    /// <summary>Why no study over this backbone takes a task that asks for written text, a sentence without its subject, the task; null where one does.</summary>
    /// <param name="shape">null where no backbone is chosen yet.</param>
    public static string? TextRefusal(BackboneShape? shape) => shape is null || shape.Stacks.Any(stack => stack.CrossAttention)
        ? null
        : $"asks for written text, and a backbone of the kind {shape.Architecture} writes none; leave the task out, or choose an encoder-decoder such as T5 or BART";

    private static void Names(StudyPlan plan, BackboneShape? shape, IReadOnlyCollection<KnownTask>? knownTasks, Findings found)
    {
        if (string.IsNullOrWhiteSpace(plan.Name))
            found.Add("name", "the study has no name; give it one");
        else if (plan.Name.Length > LongestName || plan.Name.Any(char.IsControl))
            found.Add("name", $"a name has at most {LongestName} characters and no line breaks; shorten it");
        if (plan.Note.Length > LongestNote)
            found.Add("note", $"{plan.Note.Length} characters; at most {LongestNote}");
        if (string.IsNullOrWhiteSpace(plan.Backbone))
            found.Add("backbone", "no backbone; choose one");
        if (plan.Tasks.Count is 0)
            found.Add("tasks", "no task; choose at least one");
        for (var i = 0; i < plan.Tasks.Count; i++)
        {
            var task = plan.Tasks[i];
            if (string.IsNullOrWhiteSpace(task))
                found.Add(At("tasks", i), "an empty name; choose a task or remove the entry");
            else if (plan.Tasks.Take(i).Contains(task, StringComparer.Ordinal))
                found.Add(At("tasks", i), $"'{task}' is listed twice; remove one");
            else if (knownTasks is null)
                continue;
            else if (knownTasks.FirstOrDefault(known => string.Equals(known.Name, task, StringComparison.Ordinal)) is not { } known)
                found.Add(At("tasks", i), $"no task is called '{task}'; {(knownTasks.Count is 0 ? "import one first" : $"there are {string.Join(", ", knownTasks.Select(other => other.Name).Order(StringComparer.Ordinal))}")}");
            else if (known.AsksForText && TextRefusal(shape) is { } refusal)
                found.Add(At("tasks", i), $"'{task}' {refusal}");
        }
    }

    private static void Budget(Budget budget, BackboneShape shape, Findings found)
    {
        var cap = budget.Cap(shape);
        if (budget.Parameters > shape.Parameters)
            found.Add("budget", string.Create(CultureInfo.InvariantCulture, $"{budget.Parameters:N0} parameters; the backbone has {shape.Parameters:N0}, give fewer"));
        else if (cap > MostAdapterParameters)
            found.Add("budget", string.Create(CultureInfo.InvariantCulture,
                $"{cap:N0} parameters make an adapter of {4e-9 * cap:0.00} GB, and the studio keeps adapters of {4e-9 * MostAdapterParameters:0.00} GB at most, which its database can still be dumped with; give at most {MostAdapterParameters:N0} parameters, {Math.Floor(1e4 * MostAdapterParameters / shape.Parameters) / 100:0.##} % of this backbone"));
    }

    private static void Compute(ComputePlan compute, Findings found)
    {
        found.Within("compute.samplesPerChoice", compute.SamplesPerChoice, 1, 10_000);
        found.Within("compute.startSamples", compute.StartSamples, 1, 10_000);
        found.Within("compute.epochs", compute.Epochs, 1, 1_000);
        found.AtLeastOne("compute.rowsPerTask", compute.RowsPerTask);
        if (compute.DecideOn is DecisionRows.PartOfTrain && !(compute.DecisionShare > 0 && compute.DecisionShare <= 0.5))
            found.Add("compute.decisionShare", FormattableString.Invariant($"{compute.DecisionShare}; above 0, at most 0.5: the rest of the training rows is trained on"));
        found.Within("compute.decisionRowsAtMost", compute.DecisionRowsAtMost, 1, int.MaxValue);
        if (compute.WallClockMinutes is { } minutes && !(minutes > 0 && double.IsFinite(minutes)))
            found.Add("compute.wallClockMinutes", FormattableString.Invariant($"{minutes}; above 0, or empty for no limit"));
    }

    private static void Training(TrainingPlan training, ValueList<PeftMethod> methods, Findings found)
    {
        found.Rate("training.rate", training.Rate);
        found.Rate("training.headRate", training.HeadRate);
        found.Rate("training.fullRate", training.FullRate);
        for (var i = 0; i < training.MethodRates.Count; i++)
        {
            var rate = training.MethodRates[i];
            var path = At("training.methodRates", i);
            if (!methods.Any(method => string.Equals(method.Name, rate.Method, StringComparison.Ordinal)))
                found.Add(path + ".method", $"no method is called '{rate.Method}'; there are {string.Join(", ", methods.Select(method => method.Name))}");
            else if (training.MethodRates.Take(i).Any(other => string.Equals(other.Method, rate.Method, StringComparison.Ordinal)))
                found.Add(path + ".method", $"'{rate.Method}' is listed twice; remove one");
            if (!(rate.Multiplier > 0 && rate.Multiplier <= 1_000))
                found.Add(path + ".multiplier", FormattableString.Invariant($"{rate.Multiplier}; above 0, at most 1000"));
        }

        found.Within("training.batchSize", training.BatchSize, 1, 4_096);
        found.Within("training.maxLength", training.MaxLength, 4, 4_096);
        if (training.Dropout is { } dropout && !(dropout >= 0 && dropout < 1))
            found.Add("training.dropout", FormattableString.Invariant($"{dropout}; from 0, below 1, or empty for the backbone's own"));
        if (!(training.WarmupShare >= 0 && training.WarmupShare <= 1))
            found.Add("training.warmupShare", FormattableString.Invariant($"{training.WarmupShare}; from 0 to 1, the share of the steps over which the rate rises"));
        if (!(training.WeightDecay >= 0 && training.WeightDecay <= 10))
            found.Add("training.weightDecay", FormattableString.Invariant($"{training.WeightDecay}; from 0 to 10"));
        if (!(training.ClipNorm >= 0 && double.IsFinite(training.ClipNorm)))
            found.Add("training.clipNorm", FormattableString.Invariant($"{training.ClipNorm}; from 0, where 0 means no clipping"));
    }

    private static IEnumerable<PlanProblem> SpaceProblems(SpacePlan wanted, StudyPlan plan, BackboneShape shape)
    {
        var built = SpaceBuilder.Build(wanted, shape, plan.Methods);
        return built.Space is { } space
            ? SpaceCounts.BudgetProblem(space, shape, plan.Budget.Cap(shape), plan.Methods) is { } problem ? [problem] : []
            : built.Problems;
    }

    private static IEnumerable<PlanProblem> DesignOf(Design design, StudyPlan plan, BackboneShape shape)
    {
        var problems = DesignProblems.Of(design, shape, plan.Methods);
        return problems.Count > 0 ? problems
            : BudgetSizes.Compute(design, plan.Budget, shape, plan.Methods).Infeasible is { } infeasible ? [new PlanProblem("budget", infeasible.Reason)]
            : [];
    }

    private static string At(string path, int index) => string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]");

    private sealed class Findings
    {
        private readonly List<PlanProblem> problems = [];

        public ValueList<PlanProblem> All() => problems.ToValueList();

        public void Add(string field, string message) => problems.Add(new PlanProblem(field, message));

        public void AddRange(IEnumerable<PlanProblem> more) => problems.AddRange(more);

        public void Within<T>(string field, T value, T least, T most)
            where T : INumber<T>
        {
            if (value < least || value > most)
                Add(field, FormattableString.Invariant($"{value}; from {least} to {most}"));
        }

        public void AtLeastOne(string field, int? value)
        {
            if (value is < 1)
                Add(field, FormattableString.Invariant($"{value} rows; at least 1, or empty for all"));
        }

        public void Rate(string field, double value)
        {
            if (!(value > 0 && value <= 1))
                Add(field, FormattableString.Invariant($"{value}; a learning rate is above 0 and at most 1"));
        }
    }
}
