using PeftStudio.Storage;

namespace PeftStudio.Web.Live;

/// <summary>What pages follow. The database says that something changed, never what: a page reads.</summary>
public sealed class LiveFeed(Notifications notifications, TimeProvider time, ILogger<LiveFeed> log)
{
    /// <summary>Reads once at once and then after every change, at most four times a second and never twice at a time, until disposed.</summary>
    /// <param name="studyId">the study that is followed; null: everything.</param>
    /// <param name="read">the page's one read.</param>
    /// <param name="show">draws what was read; null: the read failed and the old view is getting old.</param>
    /// <param name="atLeastEvery">reads again after this time without a change, for what changes by itself; null: never.</param>
    public IAsyncDisposable Follow<T>(int? studyId, Func<CancellationToken, Task<T>> read, Func<T?, Task> show, TimeSpan? atLeastEvery = null)
        where T : class =>
        FollowChanges(wake => notifications.Subscribe(changed =>
        {
            if (studyId is null || changed is null || changed == studyId)
                wake();
        }), read, show, atLeastEvery);

    /// <summary>The same of something else that tells of its changes: <paramref name="subscribe"/> is given what to call after each.</summary>
    public IAsyncDisposable FollowChanges<T>(Func<Action, IDisposable> subscribe, Func<CancellationToken, Task<T>> read, Func<T?, Task> show, TimeSpan? atLeastEvery = null)
        where T : class =>
        new Follower<T>(subscribe, time, log, read, show, atLeastEvery);
}
