using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.HttpResults;

namespace PeftStudio.Web.Security;

/// <summary>
/// Antiforgery on every unsafe verb that a browser sends: a request with an Origin or a login cookie must bring the token of a page of ours. A
/// script with a bearer token, or without a browser, has neither.
/// </summary>
public sealed class BrowserForgery(IAntiforgery antiforgery) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (RequestGuard.IsSafe(http.Request.Method) || !FromBrowser(http) || await antiforgery.IsRequestValidAsync(http))
            return await next(context);
        return Refused();
    }

    private static bool FromBrowser(HttpContext http) =>
        http.Request.Headers.Origin.Count > 0 || http.Request.Cookies.ContainsKey(StudioLogin.CookieName);

    private static ProblemHttpResult Refused() => TypedResults.Problem(
        title: "No antiforgery token", detail: "a browser's request must carry the token of the page it comes from; reload the page", statusCode: 400);
}
