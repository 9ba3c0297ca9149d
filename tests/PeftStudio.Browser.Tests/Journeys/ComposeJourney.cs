using System.IO.Compression;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using PeftStudio.Browser.Tests.Studio;
using PeftStudio.Formats.Adapters;
using PeftStudio.Search.Methods;
using PeftStudio.Tests;

namespace PeftStudio.Browser.Tests.Journeys;

/// <summary>A method that has no name in the literature, from its four dimensions to a trained adapter.</summary>
public sealed class ComposeJourney(Chromium chromium, SharedStudio shared)
{
    private const float Training = 120_000;

    [Fact]
    public async Task AMethodBuiltInTheFormTrainsLikeANamedOne()
    {
        await using var tab = await chromium.OpenAsync(await shared.AddressAsync());
        var form = await StudyForm.OpenAsync(tab, "?preset=design");
        await StudyForm.TypeAsync(form.Yaml, Small(await form.Yaml.InputValueAsync()));
        await Assertions.Expect(form.Name).ToHaveValueAsync("Composed");

        await BuildAsync(tab, form);
        (await tab.AxeAsync()).ShouldBeEmpty();
        await ThroughTheYamlAsync(tab, form);
        foreach (var group in new[] { "G1", "G2", "G3", "G4" })
        {
            await tab.Page.GetByLabel($"Beside both in {group}").CheckAsync();
            await tab.Page.GetByLabel($"LoRA in {group}", new() { Exact = true }).UncheckAsync();
        }
        await Assertions.Expect(form.Yaml).ToHaveValueAsync(new Regex(@"methods:\n(    - { names: \[beside-both\] }\n){4}"));
        await tab.Page.GetByText("Rate 0.002").ClickAsync();
        await StudyForm.TypeAsync(tab.Page.GetByLabel("Beside both, times the rate"), "3");
        await Assertions.Expect(form.Yaml).ToHaveValueAsync(new Regex("{ method: beside-both, multiplier: 3 }"));

        var id = await form.StartAsync();
        await Assertions.Expect(tab.Page.Locator(".page-head .state")).ToHaveTextAsync("Completed", new() { Timeout = Training });
        await Assertions.Expect(tab.Page.GetByText(new Regex("G1 beside both [0-9]+"))).ToBeVisibleAsync();
        await AdapterAsync(tab);

        // A copy of the study has it too; without it LoRA stands in.
        form = await StudyForm.OpenAsync(tab, $"?from={id}");
        await tab.Button("Remove Beside both").ClickAsync();
        await Assertions.Expect(form.Yaml).Not.ToHaveValueAsync(new Regex("beside-both|ownMethods"));
        await Assertions.Expect(tab.Page.GetByLabel("LoRA in G4", new() { Exact = true })).ToBeCheckedAsync();
        tab.ShouldBeQuiet();
    }

    /// <summary>Without a mouse from the button to the chip; an impossible combination is refused with its reason.</summary>
    private static async Task BuildAsync(Tab tab, StudyForm form)
    {
        var built = tab.Page.Locator("[data-test=built]");
        var add = tab.Button("Add to the study");
        await tab.Button("Build a method").FocusAsync();
        await tab.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(tab.Page.GetByLabel("Name of the method")).ToBeVisibleAsync();
        await tab.Page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(tab.Page.GetByLabel("Name of the method")).ToBeFocusedAsync();
        await Assertions.Expect(add).ToBeDisabledAsync();
        await StudyForm.TypeAsync(tab.Page.GetByLabel("Name of the method"), "LoRA");
        await Assertions.Expect(tab.Page.Locator("#b-title-problem")).ToHaveTextAsync("'lora' has the title 'LoRA' already; give another");
        await StudyForm.TypeAsync(tab.Page.GetByLabel("Name of the method"), "Beside both");
        await Assertions.Expect(built).ToContainTextAsync("ReLU bottleneck beside the attention and the feed-forward, reading its input, added.");
        await Assertions.Expect(built).ToContainTextAsync("1 154 trainable parameters in each layer at size 1, 770 more with each unit.");

        var composition = tab.Page.GetByLabel("4. Composition");
        await PrefixAsync(tab, built, composition);
        await composition.SelectOptionAsync("Gated");
        await Assertions.Expect(built).ToHaveTextAsync("Not possible: it is Gated; the gate is the softmax over keys, so KeyValue alone has one.");
        await Assertions.Expect(add).ToBeDisabledAsync();
        await composition.SelectOptionAsync("Scaled");
        await StudyForm.TypeAsync(tab.Page.GetByLabel("Scale s"), "half");
        await Assertions.Expect(tab.Page.Locator("#b-scale-problem")).ToHaveTextAsync("'half' is no number");
        await StudyForm.TypeAsync(tab.Page.GetByLabel("Scale s"), "0.5");
        await Assertions.Expect(built).ToContainTextAsync("added times 0.5.");
        await tab.ShootAsync("compose");

        await add.FocusAsync();
        await tab.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(tab.Button("Build a method")).ToBeFocusedAsync();
        await Assertions.Expect(form.Yaml).ToHaveValueAsync(new Regex(
            "ownMethods:\n  - { name: beside-both, title: Beside both, form: bottleneck, representation: \"attentionOutput, feedForwardOutput\", insertion: parallel, composition: scaled, scale: 0.5 }\n"));
    }

    /// <summary>A prefix may be made by a network while it trains; another form may not.</summary>
    private static async Task PrefixAsync(Tab tab, ILocator built, ILocator composition)
    {
        var form = tab.Page.GetByLabel("1. Functional form");
        var places = tab.Page.GetByRole(AriaRole.Group, new() { Name = "2. Modified representation" });
        await form.SelectOptionAsync("KeyValue");
        await composition.SelectOptionAsync("Gated");
        foreach (var (place, on) in new[] { ("Attention output", false), ("Feed-forward output", false), ("Attention heads", true) })
            await places.GetByLabel(place).SetCheckedAsync(on);
        await StudyForm.TypeAsync(tab.Page.GetByLabel("Reparametrisation"), "32");
        await Assertions.Expect(built).ToContainTextAsync("while it trains a tanh MLP of width 32 makes them. It changes the output from the start.");
        await Assertions.Expect(built).ToContainTextAsync("384 trainable parameters in each layer at size 1, 384 more with each unit. While it trains, 19 040 more, in no budget and in no file.");
        await SizeAsync(tab, built);
        await form.SelectOptionAsync("Bottleneck");
        await Assertions.Expect(tab.Page.Locator("#b-reparametrisation-problem")).ToContainTextAsync("a reparametrisation, and it is no prefix");
        await Assertions.Expect(built).ToHaveTextAsync("");
        await StudyForm.TypeAsync(tab.Page.GetByLabel("Reparametrisation"), "");
        foreach (var (place, on) in new[] { ("Attention heads", false), ("Attention output", true), ("Feed-forward output", true) })
            await places.GetByLabel(place).SetCheckedAsync(on);
    }

    /// <summary>A size of the method's own; what is none is told at its box.</summary>
    private static async Task SizeAsync(Tab tab, ILocator built)
    {
        var size = tab.Page.GetByLabel("Size", new() { Exact = true });
        await StudyForm.TypeAsync(size, "30");
        await Assertions.Expect(built).ToContainTextAsync("makes them; its size is 30, whatever the budget. It changes the output from the start.");
        await Assertions.Expect(built).ToContainTextAsync("11 520 trainable parameters in each layer at its size of 30. While it trains");
        await StudyForm.TypeAsync(size, "0");
        await Assertions.Expect(tab.Page.Locator("#b-size-problem")).ToHaveTextAsync("a size of 0; from 1 to 4096, or left out: then the budget gives it");
        await Assertions.Expect(size).ToHaveAttributeAsync("aria-invalid", "true");
        await Assertions.Expect(tab.Button("Add to the study")).ToBeDisabledAsync();
        await StudyForm.TypeAsync(size, "");
        await Assertions.Expect(built).ToContainTextAsync("at size 1");
    }

    /// <summary>What is written by hand is in the form, and what cannot be is named.</summary>
    private static async Task ThroughTheYamlAsync(Tab tab, StudyForm form)
    {
        var own = tab.Page.GetByRole(AriaRole.List, new() { Name = "Methods of this study's own" });
        var yaml = await form.Yaml.InputValueAsync();
        await StudyForm.TypeAsync(form.Yaml, yaml.Replace("name: beside-both", "name: bitfit", StringComparison.Ordinal));
        await Assertions.Expect(tab.Page.Locator(".builder [role=alert]")).ToHaveTextAsync("the name 'bitfit' is taken; give another");
        await Assertions.Expect(form.Start).ToBeDisabledAsync();
        await StudyForm.TypeAsync(form.Yaml, yaml.Replace("scale: 0.5", "scale: 0.25", StringComparison.Ordinal));
        await Assertions.Expect(own).ToContainTextAsync("added times 0.25");
        await Assertions.Expect(form.Start).ToBeEnabledAsync();

        await tab.Button("Edit Beside both").ClickAsync();
        await Assertions.Expect(tab.Page.GetByLabel("Scale s")).ToHaveValueAsync("0.25");
        await StudyForm.TypeAsync(tab.Page.GetByLabel("Scale s"), "2");
        await tab.Button("Save the change").ClickAsync();
        await Assertions.Expect(own).ToContainTextAsync("added times 2");
        await Assertions.Expect(form.Yaml).ToHaveValueAsync(new Regex("composition: scaled, scale: 2 }"));
    }

    private static async Task AdapterAsync(Tab tab)
    {
        using var folder = new TempFolder();
        var download = await tab.Page.RunAndWaitForDownloadAsync(() => tab.Link("Download all adapters").ClickAsync());
        await download.SaveAsAsync(folder["all.zip"]);
        await ZipFile.ExtractToDirectoryAsync(folder["all.zip"], folder["all"]);
        var file = Directory.GetFiles(folder["all"], AdapterFolder.ManifestName, SearchOption.AllDirectories).ShouldHaveSingleItem();
        AdapterFolder.ReadManifest(Path.GetDirectoryName(file) ?? "").Methods.ShouldBe([new(
            "beside-both", "Beside both", FunctionalForm.Bottleneck, Representations.SubLayers, InsertionForm.Parallel, Composition.Scaled, Scale: 2)]);
    }

    private static string Small(string yaml)
    {
        foreach (var (key, value) in new[] { ("name", "Composed"), ("tasks", "[sentiment]"), ("  seeds", "1"), ("  epochs", "1"), ("  rowsPerTask", "48"), ("  percent", "1") })
            yaml = Regex.Replace(yaml, $"^{key}: .*$", $"{key}: {value}", RegexOptions.Multiline);
        return yaml;
    }
}
