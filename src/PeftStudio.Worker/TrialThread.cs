using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace PeftStudio.Worker;

/// <summary>
/// One thread that does what it is given while the caller waits. libtorch keeps its number of threads, the treatment of denormals and more by thread, so
/// all trials of a worker run on this one, not on whichever the pool has free.
/// </summary>
internal sealed class TrialThread : IDisposable
{
    private readonly BlockingCollection<Action> work = [];
    private readonly Thread thread;

    public TrialThread()
    {
        thread = new Thread(Loop) { IsBackground = true, Name = "trials" };
        thread.Start();
    }

    public T Run<T>(Func<T> function)
    {
        var results = new List<T>(1);
        ExceptionDispatchInfo? failure = null;
        using var done = new ManualResetEventSlim();
        work.Add(() =>
        {
            try
            {
                results.Add(function());
            }
            catch (Exception error)
            {
                failure = ExceptionDispatchInfo.Capture(error);
            }
            done.Set();
        });
        done.Wait();
        failure?.Throw();
        return results[0];
    }

    public void Dispose()
    {
        work.CompleteAdding();
        thread.Join();
        work.Dispose();
    }

    private void Loop()
    {
        foreach (var action in work.GetConsumingEnumerable())
            action();
    }
}
