using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;
using PeftStudio.Formats;
using PeftStudio.Web.Assets;
using PeftStudio.Web.Fetching;

namespace PeftStudio.Web.Endpoints;

/// <summary>The one place where exceptions become ProblemDetails: what a caller can mend says how; the rest says nothing of the inside.</summary>
public sealed class Problems(IProblemDetailsService writer, ILogger<Problems> log) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        var (status, title, detail) = Describe(exception);
        // What another host or the disk did is no failure of the studio's; the answer says it.
        if (status >= 500 && exception is not (FetchRefused or UploadRefused))
            log.LogError(exception, "{Method} {Path} failed", httpContext.Request.Method, httpContext.Request.Path);
        httpContext.Response.StatusCode = status;
        return await writer.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = httpContext,
            ProblemDetails = new ProblemDetails { Status = status, Title = title, Detail = detail },
        });
    }

    /// <summary>Whether a page answers better than ProblemDetails: a browser went to an address.</summary>
    public static bool IsForPerson(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && !request.Path.StartsWithSegments("/api", StringComparison.Ordinal)
        && request.Headers.Accept.Any(accept => accept?.Contains("text/html", StringComparison.OrdinalIgnoreCase) is true);

    public static async Task Write(HttpContext context, int status, string title, string detail)
    {
        context.Response.StatusCode = status;
        await context.Response.WriteAsJsonAsync(
            new ProblemDetails { Status = status, Title = title, Detail = detail }, options: null, contentType: "application/problem+json", context.RequestAborted);
    }

    private static (int Status, string Title, string Detail) Describe(Exception exception) => exception switch
    {
        BadHttpRequestException bad => (bad.StatusCode, "Bad request", bad.InnerException is JsonException json ? json.Message : bad.Message),
        JsonException json => (400, "Bad JSON", json.Message),
        UnsafePathException path => (400, "Bad name", path.Message),
        UploadRefused upload => (upload.Status, "The upload was not taken", upload.Message),
        FetchRefused fetch => (fetch.Status, "The fetch was not started", fetch.Message),
        _ => (500, "The studio failed", "the request could not be served; the studio's log says why"),
    };
}
