using System.Globalization;
using PeftStudio.Web;
using PeftStudio.Web.Assets;
using PeftStudio.Web.Endpoints;
using PeftStudio.Web.Hosting;
using PeftStudio.Web.Security;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.InvariantCulture;
try
{
    var root = StudioRoot.Find(args);
    var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = root, WebRootPath = Path.Join(root, "wwwroot") });
    builder.WebHost.UseStaticWebAssets();
    var settings = StudioSettings.Read(builder.Configuration, root);
    builder.WebHost.UseUrls(settings.Address.ToString());

    builder.Services.AddGuards(settings);
    builder.Services.AddApi();
    builder.Services.AddStudio(settings);
    builder.Services.AddPages();

    var app = builder.Build();
    app.UseExceptionHandler();
    // A person gets the page Nothing here, a script ProblemDetails.
    app.UseWhen(context => Problems.IsForPerson(context.Request), pages => pages.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true));
    app.UseWhen(context => !Problems.IsForPerson(context.Request), rest => rest.UseStatusCodePages());
    app.UseSecurityHeaders();
    app.UseRequestGuard(settings);
    app.UseStudioFiles();
    app.UseReadinessGate();
    app.UseRouting();
    app.UseAuthentication();
    app.UseAuthorization();
    app.UseAntiforgery();

    app.MapLogin();
    app.MapHealth();
    app.MapOpenApi();
    var api = app.MapGroup("/api/v1").AddEndpointFilter<BrowserForgery>().WithTags("PeftStudio");
    api.MapAssets();
    api.MapUploads(settings);
    api.MapFetches();
    api.MapStudies();
    api.MapDownloads();
    api.MapExports();
    api.MapWork();
    api.MapSchemas();
    app.MapRazorComponents<App>().AddInteractiveServerRenderMode();
    UploadFolder.RemoveLeft(settings.UploadedBackbones, app.Logger);
    UploadFolder.RemoveLeft(settings.UploadedTasks, app.Logger);
    await app.RunAsync();
    return 0;
}
catch (SettingsException wrong)
{
    await Console.Error.WriteLineAsync($"studio: {wrong.Message}");
    return 2;
}

public sealed partial class Program;
