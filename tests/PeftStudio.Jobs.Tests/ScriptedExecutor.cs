using PeftStudio.Search.Studies;
using PeftStudio.Storage.Rows;

namespace PeftStudio.Jobs.Tests;

/// <summary>Ends trials as the test says; null from the script means as the hash does.</summary>
internal sealed class ScriptedExecutor(Func<TrialPlan, CancellationToken, TrialOutcome?> script) : ITrialExecutor
{
    private readonly ITrialExecutor rest = MiniStudy.Executor();

    public HeldAssets Assets { get; set; } = MiniStudy.Executor().FindAssets();

    public HeldAssets FindAssets() => Assets;

    public TrialOutcome Run(TrialPlan plan, IProgress<TrialProgress> progress, CancellationToken cancellationToken) =>
        script(plan, cancellationToken) ?? rest.Run(plan, progress, cancellationToken);
}
