using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using PeftStudio.Search;
using PeftStudio.Storage;
using PeftStudio.Web.Assets;
using PeftStudio.Web.Endpoints;
using PeftStudio.Web.Fetching;
using PeftStudio.Web.Live;
using PeftStudio.Web.Security;
using PeftStudio.Web.Studies;
using Radzen;

namespace PeftStudio.Web.Hosting;

/// <summary>What the web consists of, in groups.</summary>
public static class StudioServices
{
    public static void AddPages(this IServiceCollection services)
    {
        services.AddRazorComponents().AddInteractiveServerComponents(options =>
        {
            options.DetailedErrors = false;
            options.DisconnectedCircuitMaxRetained = 50;
            options.DisconnectedCircuitRetentionPeriod = TimeSpan.FromMinutes(3);
        }).AddHubOptions(options => options.MaximumReceiveMessageSize = 256 * 1024);
        services.AddRadzenComponents();
    }

    public static void AddStudio(this IServiceCollection services, StudioSettings settings)
    {
        services.AddSingleton(provider => new StudioDatabase(settings.Connection, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<Notifications>();
        services.AddSingleton<LiveFeed>();
        services.AddSingleton<DatabaseStart>();
        services.AddHostedService(provider => provider.GetRequiredService<DatabaseStart>());
        services.AddSingleton<AssetShelf>();
        services.AddSingleton(DataDisk.Real);
        services.AddSingleton<FetchDesk>();
        services.AddSingleton<FetchOrders>();
        services.AddSingleton<StudyDesk>();
        services.AddSingleton<TokenShelf>();
        services.AddSingleton<CostReading>();
        services.AddSingleton<StudyVerbs>();
        services.AddSingleton<StudyReading>();
    }

    public static void AddApi(this IServiceCollection services)
    {
        services.AddProblemDetails();
        services.AddExceptionHandler<Problems>();
        services.AddOpenApi();
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.AddAntiforgery(options =>
        {
            options.Cookie.Name = "peftstudio-form";
            options.Cookie.SameSite = SameSiteMode.Strict;
            options.HeaderName = "RequestVerificationToken";
        });
        services.Configure<JsonOptions>(options =>
        {
            var own = CanonicalJson.Options;
            options.SerializerOptions.UnmappedMemberHandling = own.UnmappedMemberHandling;
            options.SerializerOptions.NumberHandling = own.NumberHandling;
            options.SerializerOptions.PropertyNameCaseInsensitive = false;
            options.SerializerOptions.Encoder = own.Encoder;
            foreach (var converter in own.Converters)
                options.SerializerOptions.Converters.Add(converter);
        });
    }

    public static void AddGuards(this IServiceCollection services, StudioSettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton(TimeProvider.System);
        services.AddStudioLogin(settings);
        services.Configure<KestrelServerOptions>(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxRequestBodySize = 4 * 1024 * 1024;
        });
    }
}
