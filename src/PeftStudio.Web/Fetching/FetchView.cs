namespace PeftStudio.Web.Fetching;

public enum FetchKind
{
    Backbone,
    Task,
}

public enum FetchState
{
    /// <summary>Others are fetched first.</summary>
    Waiting,
    Running,
    Completed,
    Failed,
    Cancelled,
}

/// <summary>A fetch as pages and the API show it.</summary>
/// <param name="What">the repository and revision, or the task</param>
/// <param name="Name">the folder's name once it is complete</param>
/// <param name="Bytes">that are here</param>
/// <param name="Total">bytes in all; null where the other side does not say</param>
/// <param name="File">that is being fetched</param>
/// <param name="Message">why it failed, and the remedy</param>
public sealed record FetchView(int Id, FetchKind Kind, string What, string Name, FetchState State, long Bytes, long? Total, string? File, string? Message, DateTimeOffset StartedAt)
{
    public bool IsGoingOn => State is FetchState.Waiting or FetchState.Running;
}
