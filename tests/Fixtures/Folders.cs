namespace PeftStudio.Tests;

/// <summary>Where tests find the checkout and the optional reference folder beside it.</summary>
internal static class Folders
{
    /// <summary>The folder that holds PeftStudio.sln.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>The reference folder beside the checkout (or PEFTSTUDIO_SHARED); it may be absent.</summary>
    public static string Shared { get; } =
        Environment.GetEnvironmentVariable("PEFTSTUDIO_SHARED") ?? Path.GetFullPath(Path.Combine(Repository, "..", "shared"));

    /// <summary>A path below the reference folder; the calling test is skipped where it is absent.</summary>
    public static string RequireShared(params string[] parts)
    {
        var path = Path.Combine([Shared, .. parts]);
        Assert.SkipUnless(File.Exists(path) || Directory.Exists(path), $"needs the reference folder: {Path.Combine(["../shared", .. parts])} is absent");
        return path;
    }

    private static string FindRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "PeftStudio.sln")))
                return folder.FullName;
        throw new DirectoryNotFoundException($"no PeftStudio.sln above {AppContext.BaseDirectory}");
    }
}
