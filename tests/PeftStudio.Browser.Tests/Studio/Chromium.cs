using Microsoft.Playwright;

namespace PeftStudio.Browser.Tests.Studio;

/// <summary>The distribution's own Chromium, started once; nothing is downloaded.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private static readonly string[] Flags =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    private IPlaywright? playwright;
    private IBrowser? browser;

    public async ValueTask InitializeAsync()
    {
        var program = Environment.GetEnvironmentVariable("PEFTSTUDIO_CHROMIUM") ?? Places.FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException("no Chromium at /usr/bin/chromium: install it (apt-get install chromium) or name it in PEFTSTUDIO_CHROMIUM");
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = program, Headless = true, Args = Flags, Timeout = 60_000 });
        Assertions.SetDefaultExpectTimeout(20_000);
    }

    /// <summary>A person of her own: cookies, storage and one tab.</summary>
    internal async Task<Tab> OpenAsync(Uri studio, string path = "/", BrowserNewContextOptions? options = null)
    {
        options ??= new();
        options.BaseURL = studio.ToString();
        options.AcceptDownloads = true;
        options.ViewportSize ??= new() { Width = 1440, Height = 1000 };
        var context = await (browser ?? throw new InvalidOperationException("Chromium is not started")).NewContextAsync(options);
        context.SetDefaultTimeout(20_000);
        var tab = new Tab(context, await context.NewPageAsync(), studio, options.JavaScriptEnabled is not false);
        await tab.GoAsync(path);
        return tab;
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
            await browser.CloseAsync();
        playwright?.Dispose();
    }
}
