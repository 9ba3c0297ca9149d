using System.Diagnostics;
using System.Globalization;

namespace PeftStudio.Storage.Writes;

/// <summary>Where a test may kill a process: one call site each.</summary>
public enum FaultPoint
{
    BeforeClaim,
    AfterClaim,
    InsideEpoch,
    BetweenWeightsAndResult,
    BetweenCommitAndReply,
    BetweenNotifyAndJobRemoval,
    InsideDecision,
    BetweenExportAndCommit,
    BetweenExportAndJobRemoval,
}

/// <summary>
/// PEFTSTUDIO_FAULT=AfterClaim:3 kills this process, as SIGKILL does, when that point is reached for the third time. Not in Release.
/// </summary>
public static class Faults
{
#if DEBUG
    private static readonly (FaultPoint Point, int Hit)? Armed = Read();
    private static int hits;

    private static (FaultPoint, int)? Read()
    {
        var parts = Environment.GetEnvironmentVariable("PEFTSTUDIO_FAULT")?.Split(':');
        return parts is [var point, var hit] ? (Enum.Parse<FaultPoint>(point), int.Parse(hit, CultureInfo.InvariantCulture)) : null;
    }
#endif

    [Conditional("DEBUG")]
    public static void Reach(FaultPoint point)
    {
#if DEBUG
        if (Armed is { } armed && armed.Point == point && Interlocked.Increment(ref hits) == armed.Hit)
            Process.GetCurrentProcess().Kill();
#endif
    }
}
