using System.Collections.Concurrent;
using PeftStudio.Formats;
using PeftStudio.Web.Assets;
using PeftStudio.Web.Hosting;

namespace PeftStudio.Web.Fetching;

/// <summary>
/// The fetches of this process: starts them, two at a time, lists, cancels. It remembers nothing over a restart and need not: what has come lies on
/// the disk, and the same fetch asked for again goes on from there.
/// </summary>
public sealed class FetchDesk : IAsyncDisposable
{
    private const int AtOnce = 2;

    private readonly StudioSettings settings;
    private readonly DataDisk disk;
    private readonly TimeProvider time;
    private readonly ILogger<FetchDesk> log;
    private readonly Lock gate = new();
    private readonly List<Fetch> fetches = [];
    private readonly HashSet<(FetchKind Kind, string Target)> looking = [];
    private readonly ConcurrentDictionary<long, Action> subscribers = new();
    private readonly SemaphoreSlim turns = new(AtOnce);
    private readonly CancellationTokenSource closing = new();
    private int lastId;
    private long lastSubscriber;

    public FetchDesk(StudioSettings settings, DataDisk disk, TimeProvider time, ILogger<FetchDesk> log) =>
        (this.settings, this.disk, this.time, this.log) = (settings, disk, time, log);

    /// <summary>Newest first.</summary>
    public IReadOnlyList<FetchView> List(FetchKind? kind = null)
    {
        lock (gate)
            return [.. fetches.Where(fetch => kind is null || fetch.Order.Kind == kind).OrderByDescending(fetch => fetch.Id).Select(fetch => fetch.View)];
    }

    public FetchView? Find(int id) => Of(id)?.View;

    /// <summary>Calls <paramref name="wake"/> after each change, on any thread: it must return at once and not throw.</summary>
    public IDisposable Subscribe(Action wake)
    {
        var id = Interlocked.Increment(ref lastSubscriber);
        subscribers[id] = wake;
        return new Subscription(this, id);
    }

    /// <summary>Looks at what is asked for, and starts fetching it; what an earlier fetch of the same left behind is used.</summary>
    /// <exception cref="FetchRefused">The name is taken, or the other side does not have it, or the studio cannot use it.</exception>
    internal async Task<FetchView> StartAsync(IFetchOrder order, CancellationToken cancel)
    {
        var folder = FolderFor(order);
        Reserve(order);
        try
        {
            await order.CheckFreeAsync(cancel);
            var plan = await LookAsync(order, cancel);
            Begin(order, plan, folder);
            var fetch = new Fetch(
                Interlocked.Increment(ref lastId), order, plan, folder, time.GetUtcNow(), CancellationTokenSource.CreateLinkedTokenSource(closing.Token), Changed);
            lock (gate)
            {
                fetches.RemoveAll(old => IsSame(old.Order, order) && old.View.State != FetchState.Completed);
                fetches.Add(fetch);
            }
            fetch.Ended = Task.Run(() => RunAsync(fetch), CancellationToken.None);
            return fetch.View;
        }
        finally
        {
            lock (gate)
                looking.Remove((order.Kind, order.Target));
            Changed();
        }
    }

    /// <summary>The same order once more: after a failure, from where it stood.</summary>
    public async Task<FetchView?> AgainAsync(int id, CancellationToken cancel) => Of(id) is { } fetch ? await StartAsync(fetch.Order, cancel) : null;

    /// <summary>What has come is kept. An ended fetch stays as it is.</summary>
    public FetchView? Cancel(int id)
    {
        Of(id)?.Cancel();
        return Find(id);
    }

    /// <summary>Takes an ended fetch off the list, and what it left unfinished off the disk.</summary>
    /// <returns>false where there is none of this id</returns>
    /// <exception cref="FetchRefused">It is going on, or the disk does not give back what it left; it stays on the list then.</exception>
    public bool Remove(int id)
    {
        lock (gate)
        {
            if (fetches.Find(fetch => fetch.Id == id) is not { } fetch)
                return false;
            if (looking.Contains((fetch.Order.Kind, fetch.Order.Target)) || fetches.Exists(other => IsSame(other.Order, fetch.Order) && other.View.IsGoingOn))
                throw new FetchRefused($"'{fetch.Order.Target}' is being fetched; cancel that first", StatusCodes.Status409Conflict);
            if (fetch.View.State != FetchState.Completed)
                Discard(fetch);
            fetches.Remove(fetch);
        }
        Changed();
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        Task[] going;
        lock (gate)
            going = [.. fetches.Select(fetch => fetch.Ended)];
        await Task.WhenAll(going);
        closing.Dispose();
        turns.Dispose();
    }

    private static void Discard(Fetch fetch)
    {
        try
        {
            fetch.Folder.Discard();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FetchRefused(
                $"what was fetched of '{fetch.Order.Target}' cannot be removed: {error.Message}. Make the data folder writable for the studio, and discard it again", StatusCodes.Status507InsufficientStorage);
        }
    }

    private async Task RunAsync(Fetch fetch)
    {
        try
        {
            await turns.WaitAsync(fetch.Cancelled);
            try
            {
                await FetchAsync(fetch);
            }
            finally
            {
                turns.Release();
            }
            fetch.End(FetchState.Completed);
        }
        catch (OperationCanceledException) when (fetch.Cancelled.IsCancellationRequested)
        {
            fetch.End(FetchState.Cancelled);
        }
        catch (Exception error)
        {
            fetch.End(FetchState.Failed, Reason(fetch, error));
        }
    }

    private async Task FetchAsync(Fetch fetch)
    {
        var download = new Download(fetch.Order.Source, disk, settings.UploadBytes);
        fetch.Folder.Begin(fetch.Plan.Origin);
        foreach (var (index, file) in fetch.Plan.Files.Index())
        {
            fetch.Now(file.Name);
            await download.RunAsync(file, fetch.Folder.Parts, (bytes, size) => fetch.Here(index, bytes, size), fetch.Cancelled);
        }
        fetch.Now(null);
        var made = fetch.Order.Make(fetch.Folder, disk);
        await fetch.Order.CheckFreeAsync(fetch.Cancelled);
        fetch.Cancelled.ThrowIfCancellationRequested();
        fetch.Folder.Place(made);
        try
        {
            fetch.Folder.Discard();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // What was asked for is in its place all the same.
            log.LogWarning(error, "what the fetch of {What} no longer needs cannot be removed", fetch.Order.What);
        }
    }

    private string Reason(Fetch fetch, Exception error)
    {
        switch (error)
        {
            case FetchRefused or UploadRefused or UnsafePathException:
                return error.Message;
            case RemoteRefused refused:
                return fetch.Order.Explain(refused).Message;
            case IOException or UnauthorizedAccessException:
                return $"the data folder cannot be written: {error.Message}. What is here is kept; make room and fetch again";
            default:
                log.LogError(error, "the fetch of {What} failed", fetch.Order.What);
                return "the studio failed; its log says why. What is here is kept";
        }
    }

    private static async Task<FetchPlan> LookAsync(IFetchOrder order, CancellationToken cancel)
    {
        try
        {
            return await order.LookAsync(cancel);
        }
        catch (RemoteRefused refused)
        {
            throw order.Explain(refused);
        }
    }

    /// <summary>One fetch a name, from the look on.</summary>
    private void Reserve(IFetchOrder order)
    {
        lock (gate)
            if (fetches.Exists(fetch => IsSame(fetch.Order, order) && fetch.View.IsGoingOn) || !looking.Add((order.Kind, order.Target)))
                throw new FetchRefused($"'{order.Target}' is being fetched already", StatusCodes.Status409Conflict, "as");
    }

    private FetchFolder FolderFor(IFetchOrder order)
    {
        var (root, roots, setting, isOne) = order.Kind == FetchKind.Backbone
            ? (settings.UploadedBackbones, settings.BackboneFolders, "BackboneFolders", AssetRoots.IsBackbone(settings.UploadedBackbones))
            : (settings.UploadedTasks, settings.TaskFolders, "TaskFolders", AssetRoots.IsTask(settings.UploadedTasks));
        if (!roots.Any(named => Path.TrimEndingDirectorySeparator(named) == Path.TrimEndingDirectorySeparator(root)))
            throw new FetchRefused($"what is fetched goes to {root}, which Studio:{setting} does not name; add it there", StatusCodes.Status409Conflict);
        if (isOne)
            throw new FetchRefused($"what is fetched goes to {root}, which is itself a {order.Kind.ToString().ToLowerInvariant()}, so that no folder in it is looked at; move its files into a folder of their own", StatusCodes.Status409Conflict);
        if (roots.Any(named => Directory.Exists(Path.Join(named, order.Target))))
            throw FetchFolder.Taken(order.Target);
        return new FetchFolder(root, order.Target, disk);
    }

    /// <summary>Begins where there is room; what is refused leaves nothing new, and what was there stays.</summary>
    private void Begin(IFetchOrder order, FetchPlan plan, FetchFolder folder)
    {
        var total = plan.Files.Sum(file => file.Size ?? 0);
        if (total > settings.UploadBytes)
            throw new FetchRefused($"{order.What} has {FetchRefused.Megabytes(total)}, more than the {FetchRefused.Megabytes(settings.UploadBytes)} of Studio:UploadMegabytes", StatusCodes.Status413PayloadTooLarge, "name");
        try
        {
            var (needed, room) = (total - plan.Files.Sum(file => folder.Kept(plan.Origin, file.Name)), folder.Room(plan.Origin));
            if (needed > room)
                throw FetchRefused.TooSmall(order.What, needed, room);
            folder.Begin(plan.Origin);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FetchRefused($"the data folder cannot be written: {error.Message}", StatusCodes.Status507InsufficientStorage);
        }
    }

    private static bool IsSame(IFetchOrder a, IFetchOrder b) => a.Kind == b.Kind && a.Target == b.Target;

    private Fetch? Of(int id)
    {
        lock (gate)
            return fetches.Find(fetch => fetch.Id == id);
    }

    private void Changed()
    {
        foreach (var wake in subscribers.Values)
            wake();
    }

    private sealed class Subscription(FetchDesk desk, long id) : IDisposable
    {
        public void Dispose() => desk.subscribers.TryRemove(id, out _);
    }
}
