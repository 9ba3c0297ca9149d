namespace PeftStudio.Search.DesignSpaces;

/// <summary>One wrong entry of what a person wrote.</summary>
/// <param name="Field">its path, as in "space.tunableGroups[2]"; "" where it concerns the whole.</param>
/// <param name="Message">what is wrong, with the value, and the remedy.</param>
public sealed record PlanProblem(string Field, string Message);
