using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;

namespace PeftStudio.Web.Hosting;

/// <summary>Static files: ours, Radzen's, and Blazor's script where the build took it out of the runtime pack. Published, the packages' files lie beside the program.</summary>
public static class StudioFiles
{
    public static WebApplication UseStudioFiles(this WebApplication app)
    {
        string[] besideProgram = [Path.Join(AppContext.BaseDirectory, "blazor"), Path.Join(AppContext.BaseDirectory, "wwwroot")];
        app.Environment.WebRootFileProvider = new CompositeFileProvider(
            [app.Environment.WebRootFileProvider, .. besideProgram.Where(Directory.Exists).Select(folder => new PhysicalFileProvider(folder))]);
        app.UseStaticFiles(new StaticFileOptions { OnPrepareResponse = Revalidate });
        return app;
    }

    /// <summary>Files keep their names between versions: a browser asks each time and gets 304 (fonts excepted).</summary>
    private static void Revalidate(StaticFileResponseContext context) =>
        context.Context.Response.Headers.CacheControl =
            context.File.Name.EndsWith(".woff2", StringComparison.Ordinal) ? "public, max-age=604800" : "no-cache";
}
