namespace PeftStudio.Web.Fetching;

/// <summary>An answer whose body is still to be read.</summary>
/// <param name="Response">of the last address; 200, 206 or 416</param>
/// <param name="LinkedSize">what the first address said of the file that it redirects to; null where nothing</param>
/// <param name="LinkedSha256">the same</param>
internal sealed record RemoteAnswer(HttpResponseMessage Response, long? LinkedSize, string? LinkedSha256) : IDisposable
{
    public void Dispose() => Response.Dispose();
}
