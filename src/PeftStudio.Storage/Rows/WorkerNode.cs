using PeftStudio.Search;

namespace PeftStudio.Storage.Rows;

/// <summary>A backbone or a task that a worker has on its disk.</summary>
public sealed record HeldAsset(string Name, string Hash);

/// <summary>What a worker has on its disk.</summary>
public sealed record HeldAssets(ValueList<HeldAsset> Backbones, ValueList<HeldAsset> Tasks);

/// <summary>A worker process; one row a start, because a name that is used again hides a dead one.</summary>
public sealed class WorkerNode(
    string id, string host, int processId, string device, int threads, string profile, ValueList<HeldAsset> backbones, ValueList<HeldAsset> tasks, DateTimeOffset startedAt)
{
    public string Id { get; private set; } = id;

    public string Host { get; private set; } = host;

    public int ProcessId { get; private set; } = processId;

    public string Device { get; private set; } = device;

    public int Threads { get; private set; } = threads;

    /// <summary>Device model, libtorch, precision, threads, BLAS kernels: what bits depend on.</summary>
    public string Profile { get; private set; } = profile;

    public ValueList<HeldAsset> Backbones { get; private set; } = backbones;

    public ValueList<HeldAsset> Tasks { get; private set; } = tasks;

    public DateTimeOffset StartedAt { get; private set; } = startedAt;

    public DateTimeOffset HeartbeatAt { get; private set; } = startedAt;

    public DateTimeOffset? StoppedAt { get; private set; }

    public long? TrialId { get; private set; }

    /// <summary>Why it put the last trial back; null after it has started one.</summary>
    public string? Lacks { get; private set; }

    /// <summary>Its folders were read again.</summary>
    public void Hold(HeldAssets assets) => (Backbones, Tasks) = (assets.Backbones, assets.Tasks);
}
