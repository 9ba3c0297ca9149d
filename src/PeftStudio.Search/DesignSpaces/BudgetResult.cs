namespace PeftStudio.Search.DesignSpaces;

/// <summary>Why a design cannot be trained within the budget.</summary>
/// <param name="SmallestTotal">trainable parameters at size 1 wherever a method has none of its own; above <paramref name="Cap"/>.</param>
/// <param name="Group">the group whose minimum is largest, counted from 0.</param>
/// <param name="Reason">a sentence that names the group, its minimum and the remedy.</param>
public sealed record InfeasibleDesign(long SmallestTotal, long Cap, int Group, string Reason);

/// <summary>What the budget function returns: sizes, or why there are none.</summary>
public sealed record BudgetResult
{
    private BudgetResult(DesignSizes? sizes, InfeasibleDesign? infeasible) => (Sizes, Infeasible) = (sizes, infeasible);

    /// <summary>Null where the design is infeasible.</summary>
    public DesignSizes? Sizes { get; }

    /// <summary>Null where the design is feasible.</summary>
    public InfeasibleDesign? Infeasible { get; }

    public static BudgetResult Of(DesignSizes sizes) => new(sizes, null);

    public static BudgetResult Of(InfeasibleDesign infeasible) => new(null, infeasible);
}
