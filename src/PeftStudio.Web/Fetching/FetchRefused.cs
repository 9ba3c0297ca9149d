namespace PeftStudio.Web.Fetching;

/// <summary>A fetch that does not start or does not go on; the message names what is wrong and the remedy.</summary>
/// <param name="message">what a person reads</param>
/// <param name="status">what a caller of the API gets</param>
/// <param name="field">the box of the form at fault (name, revision, as); null: none of them</param>
public sealed class FetchRefused(string message, int status = StatusCodes.Status400BadRequest, string? field = null) : Exception(message)
{
    public int Status => status;

    public string? Field { get; } = field;

    /// <param name="what">is fetched</param>
    /// <param name="needed">bytes</param>
    /// <param name="free">bytes</param>
    public static FetchRefused TooSmall(string what, long needed, long free) => new(
        $"{what} needs {Megabytes(needed)} more, and the data folder's disk has {Megabytes(free)} left; make room and fetch again", StatusCodes.Status507InsufficientStorage);

    public static string Megabytes(long bytes) => $"{Math.Ceiling(bytes / 1_000_000.0):0} MB";
}
