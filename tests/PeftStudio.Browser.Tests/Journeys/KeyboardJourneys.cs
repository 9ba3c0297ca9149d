using Microsoft.Playwright;
using PeftStudio.Browser.Tests.Studio;

namespace PeftStudio.Browser.Tests.Journeys;

/// <summary>Without a mouse.</summary>
public sealed class KeyboardJourneys(Chromium chromium, SharedStudio shared)
{
    private const string FocusedName =
        "() => { const at = document.activeElement; return (at.ariaLabel ?? (at.labels?.[0] ?? at).textContent ?? '').trim().split('\\n')[0]; }";

    [Fact]
    public async Task FromTheListToAStudyThatCouldStart()
    {
        await shared.WholeStudyAsync();
        await using var tab = await chromium.OpenAsync(await shared.AddressAsync());
        await tab.Page.Keyboard.PressAsync("Tab");
        (await tab.Page.EvaluateAsync<string>(FocusedName)).ShouldBe("To the content", "the first stop skips the frame");
        await tab.Page.Keyboard.PressAsync("Enter");
        await TabToAsync(tab, "New study", most: 4);
        await tab.Page.Keyboard.PressAsync("Enter");
        var form = await new StudyForm(tab).ReadyAsync();
        await Assertions.Expect(tab.Heading("New study")).ToBeVisibleAsync();

        await TabToAsync(tab, "Spindle", most: 60);
        await tab.Page.Keyboard.PressAsync("Space");
        await Assertions.Expect(form.Yaml).Not.ToHaveValueAsync(new System.Text.RegularExpressions.Regex("spindle"));
        await TabToAsync(tab, "Start the study", most: 150);
        await Assertions.Expect(form.Start).ToBeFocusedAsync();
        await Assertions.Expect(form.Start).ToBeEnabledAsync();
        tab.ShouldBeQuiet();
    }

    [Fact]
    public async Task TheSkipLinkStaysOnItsPage()
    {
        await using var tab = await chromium.OpenAsync(await shared.AddressAsync(), "/studies/new");
        await tab.Page.Keyboard.PressAsync("Tab");
        await tab.Page.Keyboard.PressAsync("Enter");
        (await tab.Page.EvaluateAsync<string>("() => document.activeElement.id")).ShouldBe("main");
        tab.Page.Url.ShouldEndWith("/studies/new");
        tab.ShouldBeQuiet();
    }

    [Fact]
    public async Task TheThemeIsKept()
    {
        await using var tab = await chromium.OpenAsync(await shared.AddressAsync());
        var light = await BackgroundAsync(tab);
        await tab.Button("Dark").FocusAsync();
        await tab.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(tab.Button("Dark")).ToHaveAttributeAsync("aria-pressed", "true");
        var dark = await BackgroundAsync(tab);
        dark.ShouldNotBe(light);
        await tab.ReloadAsync();
        (await BackgroundAsync(tab)).ShouldBe(dark);
        await Assertions.Expect(tab.Button("Dark")).ToHaveAttributeAsync("aria-pressed", "true");
        tab.ShouldBeQuiet();
    }

    private static Task<string> BackgroundAsync(Tab tab) => tab.Page.EvaluateAsync<string>("() => getComputedStyle(document.body).backgroundColor");

    private static async Task TabToAsync(Tab tab, string name, int most)
    {
        var passed = new List<string>();
        for (var press = 0; press < most; press++)
        {
            await tab.Page.Keyboard.PressAsync("Tab");
            var at = await tab.Page.EvaluateAsync<string>(FocusedName);
            if (at.StartsWith(name, StringComparison.Ordinal))
                return;
            passed.Add(at);
        }
        passed.ShouldContain(name);
    }
}
