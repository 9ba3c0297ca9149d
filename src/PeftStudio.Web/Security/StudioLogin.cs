using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;
using PeftStudio.Web.Hosting;

namespace PeftStudio.Web.Security;

/// <summary>
/// Who is there. Without a token: everybody who reaches the loopback address. With one: a cookie from the login page, or Authorization: Bearer.
/// </summary>
public static class StudioLogin
{
    public const string CookieName = "peftstudio";
    private const string Chooser = "studio";

    public static void AddStudioLogin(this IServiceCollection services, StudioSettings settings)
    {
        services.AddAuthentication(Chooser)
            .AddPolicyScheme(Chooser, null, options => options.ForwardDefaultSelector = context => settings.Token is null
                ? OpenLoopback.Scheme
                : context.Request.Headers.Authorization.Count > 0 ? BearerToken.Scheme : CookieAuthenticationDefaults.AuthenticationScheme)
            .AddScheme<AuthenticationSchemeOptions, OpenLoopback>(OpenLoopback.Scheme, null)
            .AddScheme<AuthenticationSchemeOptions, BearerToken>(BearerToken.Scheme, null)
            .AddCookie(options =>
            {
                options.Cookie.Name = CookieName;
                options.Cookie.SameSite = SameSiteMode.Strict;
                options.Cookie.HttpOnly = true;
                options.LoginPath = "/login";
                options.ExpireTimeSpan = TimeSpan.FromDays(14);
                options.Events.OnRedirectToLogin = SendToLogin;
            });
        services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        services.AddCascadingAuthenticationState();
    }

    /// <summary>Pages go to the login; the API and the circuit get 401.</summary>
    private static Task SendToLogin(RedirectContext<CookieAuthenticationOptions> context)
    {
        if (HttpMethods.IsGet(context.Request.Method) && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal))
            context.Response.Redirect(context.RedirectUri);
        else
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Task.CompletedTask;
    }

    public static ClaimsPrincipal Person(string scheme) => new(new ClaimsIdentity([new Claim(ClaimTypes.Name, "operator")], scheme));

    /// <summary>Compares hashes, so neither the length nor the first difference shows in the time it takes.</summary>
    public static bool IsToken(string? given, string? token) => given is not null && token is not null
        && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}

internal sealed class OpenLoopback(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public new const string Scheme = "open";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() =>
        Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(StudioLogin.Person(Scheme), Scheme)));
}

internal sealed class BearerToken(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, StudioSettings settings)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public new const string Scheme = "bearer";
    private const string Prefix = "Bearer ";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        var right = header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && StudioLogin.IsToken(header[Prefix.Length..].Trim(), settings.Token);
        return Task.FromResult(right
            ? AuthenticateResult.Success(new AuthenticationTicket(StudioLogin.Person(Scheme), Scheme))
            : AuthenticateResult.Fail("wrong token"));
    }
}
