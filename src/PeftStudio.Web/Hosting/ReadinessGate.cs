using PeftStudio.Web.Endpoints;

namespace PeftStudio.Web.Hosting;

/// <summary>Nothing is read from a database that is not prepared: a request waits for it a moment, and is then told to come again.</summary>
public static class ReadinessGate
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static WebApplication UseReadinessGate(this WebApplication app)
    {
        var start = app.Services.GetRequiredService<DatabaseStart>();
        app.Use(async (context, next) =>
        {
            if (!start.Jobs.IsCompletedSuccessfully && !context.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal))
            {
                await Task.WhenAny(start.Jobs, Task.Delay(Patience, context.RequestAborted));
                if (!start.Jobs.IsCompletedSuccessfully)
                {
                    context.Response.Headers.RetryAfter = "5";
                    await Problems.Write(context, StatusCodes.Status503ServiceUnavailable, "Not ready", "the studio waits for its database; try again in a moment");
                    return;
                }
            }
            await next(context);
        });
        return app;
    }
}
