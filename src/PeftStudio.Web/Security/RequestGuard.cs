using PeftStudio.Web.Endpoints;
using PeftStudio.Web.Hosting;

namespace PeftStudio.Web.Security;

/// <summary>
/// Host list and origin check on every verb, the circuit's WebSocket included: a page of another site can neither call the studio nor, by
/// rebinding a name to 127.0.0.1, read from it.
/// </summary>
public static class RequestGuard
{
    public static WebApplication UseRequestGuard(this WebApplication app, StudioSettings settings)
    {
        var hosts = new HashSet<string>(["localhost", "127.0.0.1", "[::1]", settings.Address.Host, .. settings.Hosts], StringComparer.OrdinalIgnoreCase);
        foreach (var any in new[] { "0.0.0.0", "[::]", "*", "+" })
            hosts.Remove(any);
        app.Use((context, next) => Refusal(context.Request, hosts) is { } refusal
            ? Problems.Write(context, refusal.Status, refusal.Title, refusal.Detail)
            : next(context));
        return app;
    }

    private static (int Status, string Title, string Detail)? Refusal(HttpRequest request, HashSet<string> hosts)
    {
        if (!hosts.Contains(request.Host.Host))
            return (StatusCodes.Status421MisdirectedRequest, "Unknown host",
                $"the studio does not answer to the name '{request.Host.Host}'; the operator can add it to Studio:Hosts");
        var own = $"{request.Scheme}://{request.Host.Value}";
        if (request.Headers.Origin.Any(origin => !string.Equals(origin, own, StringComparison.OrdinalIgnoreCase)))
            return (StatusCodes.Status403Forbidden, "Request from another site", $"the request comes from '{request.Headers.Origin}', not from {own}");
        if (!IsSafe(request.Method) && request.Headers["Sec-Fetch-Site"].Any(site => site is not ("same-origin" or "none")))
            return (StatusCodes.Status403Forbidden, "Request from another site", "a page of another site may not change anything here");
        return null;
    }

    public static bool IsSafe(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);
}
