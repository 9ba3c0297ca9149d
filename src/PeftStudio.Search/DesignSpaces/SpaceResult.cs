namespace PeftStudio.Search.DesignSpaces;

/// <summary>What a person's space comes to: the space, or every wrong entry.</summary>
/// <param name="Space">null where there are problems.</param>
public sealed record SpaceResult(DesignSpace? Space, ValueList<PlanProblem> Problems);
