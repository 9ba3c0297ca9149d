using PeftStudio.Formats.Tasks;

namespace PeftStudio.Web.Hosting;

/// <summary>The section <c>Studio</c> of appsettings.json, checked. Folders are full paths.</summary>
public sealed record StudioSettings
{
    /// <summary>What the studio listens on; beyond loopback a token is required.</summary>
    public required Uri Address { get; init; }

    /// <summary>Null: no login, loopback only.</summary>
    public string? Token { get; init; }

    /// <summary>Names that a browser may call the studio by, beside the loopback ones.</summary>
    public required IReadOnlyList<string> Hosts { get; init; }

    /// <summary>Each is a backbone's folder or a folder of such folders.</summary>
    public required IReadOnlyList<string> BackboneFolders { get; init; }

    public required IReadOnlyList<string> TaskFolders { get; init; }

    public required string UploadedBackbones { get; init; }

    public required string UploadedTasks { get; init; }

    public required long UploadBytes { get; init; }

    /// <summary>Where backbones are fetched from: the Hugging Face hub or a mirror of it; ends with a slash.</summary>
    public required Uri Hub { get; init; }

    /// <summary>What GLUE's official paths lie below; ends with a slash.</summary>
    public required Uri Glue { get; init; }

    /// <summary>Checksums in place of the recorded ones, by the file's name without its extension.</summary>
    public required IReadOnlyDictionary<string, string> GlueSha256 { get; init; }

    public required string SampleStudy { get; init; }

    public required string Connection { get; init; }

    public static StudioSettings Read(IConfiguration configuration, string root)
    {
        var section = configuration.GetSection("Studio");
        var port = section.GetValue("Port", 5080);
        var address = Text(section, "Address") ?? $"http://127.0.0.1:{port}";
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            throw new SettingsException($"Studio:Address '{address}' is no http address; write for example http://127.0.0.1:5080");
        var megabytes = section.GetValue("UploadMegabytes", 4096L);
        if (megabytes < 1)
            throw new SettingsException($"Studio:UploadMegabytes is {megabytes}; at least 1");
        var data = Path.GetFullPath(Text(section, "DataFolder") ?? ".studio", root);
        var token = configuration["PEFTSTUDIO_TOKEN"] ?? section["Token"];
        var settings = new StudioSettings
        {
            Address = uri,
            Token = string.IsNullOrWhiteSpace(token) ? null : token.Trim(),
            Hosts = section.GetSection("Hosts").Get<string[]>() ?? [],
            BackboneFolders = Folders(section, "BackboneFolders", root),
            TaskFolders = Folders(section, "TaskFolders", root),
            UploadedBackbones = Path.Join(data, "backbones"),
            UploadedTasks = Path.Join(data, "tasks"),
            UploadBytes = megabytes * 1024 * 1024,
            Hub = Origin(section, "Hub", "https://huggingface.co"),
            Glue = Origin(section, "Glue", GlueArchive.BaseAddress),
            GlueSha256 = Checksums(section.GetSection("GlueSha256")),
            SampleStudy = Path.GetFullPath(Text(section, "SampleStudy") ?? "samples/studies/quick.yaml", root),
            Connection = Text(configuration.GetSection("ConnectionStrings"), "Studio")
                ?? throw new SettingsException("ConnectionStrings:Studio is empty; it names the PostgreSQL database (./studio up sets it)"),
        };
        settings.RequireTokenBeyondLoopback();
        return settings;
    }

    /// <summary>Anybody who reaches an open studio may start jobs on the machine, so beyond loopback there is no start without a token.</summary>
    private void RequireTokenBeyondLoopback()
    {
        if (Token is null && !Address.IsLoopback)
            throw new SettingsException(
                $"Studio:Address {Address} can be reached from other machines and no token is set; set PEFTSTUDIO_TOKEN (16 characters or more) or listen on 127.0.0.1");
        if (Token is { Length: < 16 })
            throw new SettingsException("the token has fewer than 16 characters; make one with: openssl rand -hex 24");
    }

    private static Uri Origin(IConfiguration section, string key, string official)
    {
        var address = Text(section, key) ?? official;
        return Uri.TryCreate(address.TrimEnd('/') + "/", UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0 && uri.Query.Length == 0 && uri.Fragment.Length == 0
            ? uri
            : throw new SettingsException($"Studio:{key} '{address}' is no http address; write for example {official}");
    }

    private static Dictionary<string, string> Checksums(IConfigurationSection section) => section.GetChildren().ToDictionary(
        child => child.Key,
        child => child.Value is { Length: 64 } sha256 && sha256.All(char.IsAsciiHexDigit)
            ? sha256.ToLowerInvariant()
            : throw new SettingsException($"{child.Path} is no sha256; 64 hexadecimal digits are wanted"),
        StringComparer.OrdinalIgnoreCase);

    private static string? Text(IConfiguration section, string key) => string.IsNullOrWhiteSpace(section[key]) ? null : section[key];

    private static string[] Folders(IConfiguration section, string key, string root) =>
        [.. (section.GetSection(key).Get<string[]>() ?? []).Select(folder => Path.GetFullPath(folder, root))];
}

/// <summary>A setting that the studio cannot start with; the message names it and the remedy.</summary>
public sealed class SettingsException(string message) : Exception(message);
