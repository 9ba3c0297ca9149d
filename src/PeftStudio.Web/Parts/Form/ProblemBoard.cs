using PeftStudio.Search.DesignSpaces;

namespace PeftStudio.Web.Parts.Form;

/// <summary>What is wrong in a form, by field: what the plan's check found, and what a box holds that no plan can.</summary>
public sealed class ProblemBoard
{
    private readonly Dictionary<string, string> unread = new(StringComparer.Ordinal);
    private IReadOnlyList<PlanProblem> found = [];

    public bool IsClean => unread.Count == 0 && found.Count == 0;

    /// <summary>Of all fields, in the plan's order.</summary>
    public IEnumerable<PlanProblem> All => found.Concat(unread.Select(entry => new PlanProblem(entry.Key, entry.Value)));

    public void Found(IReadOnlyList<PlanProblem> problems) => found = problems;

    /// <summary>The problems of a field and of what lies below it; null where there are none.</summary>
    public string? Of(string field)
    {
        var own = found.Where(problem => Concerns(problem.Field, field)).Select(problem => problem.Message).ToList();
        return own.Count == 0 ? null : string.Join("; ", own);
    }

    public string? UnreadOf(string field) => unread.GetValueOrDefault(field);

    public void CannotRead(string field, string reason) => unread[field] = reason;

    public void Read(string field) => unread.Remove(field);

    /// <summary>Draws the form again.</summary>
    public Func<Task> Changed { get; set; } = () => Task.CompletedTask;

    private static bool Concerns(string problem, string field) =>
        problem.StartsWith(field, StringComparison.Ordinal) && (problem.Length == field.Length || problem[field.Length] is '.' or '[');
}
