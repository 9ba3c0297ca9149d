namespace PeftStudio.Web.Fetching;

/// <summary>One fetch as it goes on: written by its own task, read by pages.</summary>
internal sealed class Fetch(int id, IFetchOrder order, FetchPlan plan, FetchFolder folder, DateTimeOffset startedAt, CancellationTokenSource cancel, Action changed)
{
    private readonly Lock gate = new();
    private readonly long[] bytes = [.. plan.Files.Select(file => folder.Bytes(file.Name))];
    private readonly long?[] sizes = [.. plan.Files.Select(file => file.Size)];
    private FetchState state = FetchState.Waiting;
    private string? file;
    private string? message;

    public int Id => id;

    public IFetchOrder Order => order;

    public FetchPlan Plan => plan;

    public FetchFolder Folder => folder;

    public CancellationToken Cancelled { get; } = cancel.Token;

    /// <summary>Ends when the fetch has, however it ended.</summary>
    public Task Ended { get; set; } = Task.CompletedTask;

    public FetchView View
    {
        get
        {
            lock (gate)
                return new(id, order.Kind, order.What, order.Target, state, bytes.Sum(), Array.TrueForAll(sizes, size => size is not null) ? sizes.Sum() : null, file, message, startedAt);
        }
    }

    /// <summary>The next file's turn.</summary>
    public void Now(string? name) => Change(() => (state, file) = (FetchState.Running, name));

    public void Here(int index, long here, long? size) => Change(() => (bytes[index], sizes[index]) = (here, size ?? sizes[index]));

    public void End(FetchState end, string? why = null)
    {
        Change(() => (state, file, message) = (end, null, why));
        cancel.Dispose();
    }

    public void Cancel()
    {
        try
        {
            cancel.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended in this moment; there is nothing left to cancel.
        }
    }

    private void Change(Action change)
    {
        lock (gate)
            change();
        changed();
    }
}
