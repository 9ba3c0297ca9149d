namespace PeftStudio.Web.Fetching;

/// <summary>A fetch that does not start or does not go on; the message names what is wrong and the remedy.</summary>
/// <param name="message">what a person reads</param>
/// <param name="status">what a caller of the API gets</param>
/// <param name="field">the box of the form at fault (name, revision, as); null: none of them</param>
public sealed class FetchRefused(string message, int status = StatusCodes.Status400BadRequest, string? field = null) : Exception(message)
{
    public int Status => status;

    public string? Field { get; } = field;
}
