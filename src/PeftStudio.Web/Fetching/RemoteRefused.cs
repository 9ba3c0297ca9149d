namespace PeftStudio.Web.Fetching;

/// <summary>The other side answered with an error. Who asked knows what it means.</summary>
/// <param name="address">that was asked for</param>
/// <param name="status">the answer's</param>
/// <param name="code">the hub's own word for it (X-Error-Code); null where it gave none</param>
public sealed class RemoteRefused(Uri address, int status, string? code) : Exception($"{address.Host} answered {status} to {address.AbsolutePath}")
{
    public int Status => status;

    public string? Code => code;
}
