namespace PeftStudio.Web.Hosting;

/// <summary>The folder that holds appsettings.json and wwwroot: the repository or the published folder, wherever the program is started from.</summary>
public static class StudioRoot
{
    public static string Find(string[] args) => Find(
        Environment.GetEnvironmentVariable("PEFTSTUDIO_ROOT") ?? args.SkipWhile(arg => arg != "--contentRoot").Skip(1).FirstOrDefault(), Directory.GetCurrentDirectory(), AppContext.BaseDirectory);

    private static string Find(string? given, string current, string program)
    {
        foreach (var start in new[] { given, current, program }.OfType<string>())
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
                if (Holds(folder))
                    return folder.FullName;
        throw new SettingsException($"no folder with appsettings.json and wwwroot/css/studio.css at or above {current} or {program}");
    }

    private static bool Holds(DirectoryInfo folder) =>
        File.Exists(Path.Join(folder.FullName, "appsettings.json")) && File.Exists(Path.Join(folder.FullName, "wwwroot", "css", "studio.css"));
}
