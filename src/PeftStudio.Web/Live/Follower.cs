using System.Threading.Channels;
using PeftStudio.Storage;

namespace PeftStudio.Web.Live;

/// <summary>One page's loop: wait for a change, read, draw, pause.</summary>
internal sealed class Follower<T> : IAsyncDisposable
    where T : class
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource stop = new();
    // One place: changes that arrive while a read is in flight are one change.
    private readonly Channel<bool> changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly IDisposable subscription;
    private readonly Task loop;

    public Follower(
        Func<Action, IDisposable> subscribe, TimeProvider time, ILogger log, Func<CancellationToken, Task<T>> read, Func<T?, Task> show, TimeSpan? atLeastEvery)
    {
        subscription = subscribe(() => changes.Writer.TryWrite(true));
        // What happened between the page's first read and the subscription would be lost otherwise.
        changes.Writer.TryWrite(true);
        loop = RunAsync(time, log, read, show, atLeastEvery);
    }

    public async ValueTask DisposeAsync()
    {
        subscription.Dispose();
        await stop.CancelAsync();
        // The page's own dispatcher may be running this: the loop ends by itself and nothing waits for it here.
        _ = loop.ContinueWith(_ => stop.Dispose(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task RunAsync(TimeProvider time, ILogger log, Func<CancellationToken, Task<T>> read, Func<T?, Task> show, TimeSpan? atLeastEvery)
    {
        await Task.Yield();
        var failures = 0;
        try
        {
            while (true)
            {
                await Changed(time, atLeastEvery);
                try
                {
                    var view = await read(stop.Token);
                    failures = 0;
                    await show(view);
                }
                catch (Exception error) when (error is not OperationCanceledException && StudioDatabase.IsDatabase(error))
                {
                    failures++;
                    log.LogWarning(error, "a live page could not read (failure {Failures})", failures);
                    await show(null);
                    changes.Writer.TryWrite(true);
                }
                await Task.Delay(failures == 0 ? Pause : TimeSpan.FromSeconds(Math.Min(failures, LongestPause.TotalSeconds)), time, stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The page was closed.
        }
        catch (ObjectDisposedException)
        {
            // Its circuit is gone.
        }
    }

    private async Task Changed(TimeProvider time, TimeSpan? atLeastEvery)
    {
        if (atLeastEvery is not { } most)
        {
            await changes.Reader.ReadAsync(stop.Token);
            return;
        }
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        using var _ = time.CreateTimer(source => ((CancellationTokenSource)source!).Cancel(), wait, most, Timeout.InfiniteTimeSpan);
        try
        {
            await changes.Reader.ReadAsync(wait.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // Nothing changed for that long; what changes by itself is read again.
        }
    }
}
