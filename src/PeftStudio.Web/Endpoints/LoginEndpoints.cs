using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using PeftStudio.Web.Hosting;
using PeftStudio.Web.Pages;
using PeftStudio.Web.Security;

namespace PeftStudio.Web.Endpoints;

internal static class LoginEndpoints
{
    public static void MapLogin(this IEndpointRouteBuilder app)
    {
        app.MapGet("/login", Form).AllowAnonymous().ExcludeFromDescription();
        app.MapPost("/login", Enter).AllowAnonymous().ExcludeFromDescription();
        app.MapPost("/logout", (Delegate)Leave).AddEndpointFilter<BrowserForgery>().ExcludeFromDescription();
    }

    private static RazorComponentResult<LoginPage> Form(string? returnUrl) => new(new { ReturnUrl = Local(returnUrl) });

    /// <summary>Five hundred milliseconds for a wrong token: guessing 16 characters takes longer than the machine lives.</summary>
    private static async Task<Results<RedirectHttpResult, RazorComponentResult<LoginPage>>> Enter(
        HttpContext http, StudioSettings settings, TimeProvider time, [FromForm] string token, [FromForm] string? returnUrl, CancellationToken cancel)
    {
        if (!StudioLogin.IsToken(token, settings.Token))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500), time, cancel);
            return new RazorComponentResult<LoginPage>(new { ReturnUrl = Local(returnUrl), Wrong = true }) { StatusCode = StatusCodes.Status401Unauthorized };
        }
        await http.SignInAsync(CookieAuthenticationDefaults.AuthenticationScheme, StudioLogin.Person("cookie"));
        return TypedResults.LocalRedirect(Local(returnUrl));
    }

    private static async Task<RedirectHttpResult> Leave(HttpContext http)
    {
        await http.SignOutAsync(CookieAuthenticationDefaults.AuthenticationScheme);
        return TypedResults.LocalRedirect("/login");
    }

    private static string Local(string? url) => url is ['/', ..] and not ['/', '/' or '\\', ..] ? url : "/";
}
