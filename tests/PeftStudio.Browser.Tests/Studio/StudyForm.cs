using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace PeftStudio.Browser.Tests.Studio;

/// <summary>The page New study, by the names that a person reads.</summary>
internal sealed class StudyForm(Tab tab)
{
    private const string NameOfBox =
        "box => { if (box.ariaLabel) return box.ariaLabel; const label = box.closest('.check').cloneNode(true); label.querySelectorAll('[aria-hidden]').forEach(part => part.remove()); return label.textContent.trim(); }";

    public ILocator Name => tab.Page.GetByLabel("Name of the study");

    public ILocator Yaml => tab.Page.GetByLabel("The study as YAML");

    public ILocator Start => tab.Button("Start the study").Or(tab.Button("Train this design"));

    public ILocator Summary => tab.Page.GetByRole(AriaRole.Complementary, new() { Name = "Summary of the study" });

    public ILocator Designs => Summary.Locator("[data-test=designs]");

    public ILocator Trials => Summary.Locator("[data-test=trials]");

    /// <summary>Opens the page and waits until it holds its plan.</summary>
    public static async Task<StudyForm> OpenAsync(Tab tab, string query = "")
    {
        await tab.GoAsync("/studies/new" + query);
        return await new StudyForm(tab).ReadyAsync();
    }

    public async Task<StudyForm> ReadyAsync()
    {
        await Assertions.Expect(Name).Not.ToHaveValueAsync("");
        await Assertions.Expect(Yaml).Not.ToHaveValueAsync("");
        return this;
    }

    public ILocator Group(string legend) => tab.Page.GetByRole(AriaRole.Group, new() { Name = legend });

    public ILocator Box(string group, string label) => Group(group).GetByLabel(label);

    /// <summary>Types and leaves the box, as a person does.</summary>
    public static async Task TypeAsync(ILocator box, string text)
    {
        await box.FillAsync(text);
        await box.PressAsync("Tab");
    }

    /// <summary>Types a number, and waits until the YAML has followed.</summary>
    public async Task NumberAsync(string group, string label, double value, string key)
    {
        var text = value.ToString(CultureInfo.InvariantCulture);
        await TypeAsync(Box(group, label), text);
        await Assertions.Expect(Yaml).ToHaveValueAsync(new Regex($@"\b{Regex.Escape(key)}: {Regex.Escape(text)}\s"));
    }

    /// <summary>Clicks the boxes of a group until exactly these are on.</summary>
    public async Task ChooseAsync(string group, params string[] wanted)
    {
        var boxes = await Group(group).GetByRole(AriaRole.Checkbox).AllAsync();
        var names = new List<string>();
        foreach (var box in boxes)
            names.Add(await box.EvaluateAsync<string>(NameOfBox));
        wanted.ShouldBeSubsetOf(names);
        foreach (var on in new[] { true, false }) // on first: the last one of some groups cannot be turned off
            foreach (var (box, _) in boxes.Zip(names).Where(pair => wanted.Contains(pair.Second, StringComparer.Ordinal) == on))
                await box.SetCheckedAsync(on);
    }

    /// <summary>Chooses from a list, and waits until the YAML has followed.</summary>
    public async Task PickAsync(string label, string option, string yaml)
    {
        await tab.Page.GetByLabel(label, new() { Exact = true }).SelectOptionAsync(option);
        await Assertions.Expect(Yaml).ToHaveValueAsync(new Regex(Regex.Escape(yaml)));
    }

    /// <summary>Starts the study and returns its number.</summary>
    public async Task<int> StartAsync()
    {
        await Assertions.Expect(Start).ToBeEnabledAsync();
        await Start.ClickAsync();
        await tab.Page.WaitForURLAsync(new Regex(@"/studies/\d+$"));
        return int.Parse(new Uri(tab.Page.Url).Segments[^1], CultureInfo.InvariantCulture);
    }
}
