using System.Text.RegularExpressions;
using Microsoft.Playwright;
using PeftStudio.Browser.Tests.Studio;

namespace PeftStudio.Browser.Tests.Journeys;

/// <summary>What a person does to a study beside watching it: one design alone, stop, cancel, retry, drop.</summary>
public sealed class VerbJourneys(Chromium chromium, SharedStudio shared) : IAsyncDisposable
{
    private const float Long = 120_000;

    [Fact]
    public async Task OneDesignWithoutASearch()
    {
        await using var tab = await OpenAsync();
        var form = await StudyForm.OpenAsync(tab, "?preset=design");
        await StudyForm.TypeAsync(form.Name, "One design");
        await form.ChooseAsync("Tasks", "Use sentiment");
        await form.PickAsync("Grouping", "Spindle", "pattern: spindle");
        await tab.Page.GetByLabel("LoRA in G1").UncheckAsync();
        await tab.Page.GetByLabel("BitFit in G4").CheckAsync();
        await form.NumberAsync("Training", "Seeds", 1, "seeds");
        await form.NumberAsync("Training", "Training rows a task", 32, "rowsPerTask");
        await StudyForm.TypeAsync(form.Box("Training", "Epochs"), "1");
        await form.ChooseAsync("Training");
        await Assertions.Expect(form.Trials).ToHaveTextAsync("1");
        await Assertions.Expect(form.Start).ToHaveTextAsync("Train this design");

        await form.StartAsync();
        await StateAsync(tab, "Completed");
        await Assertions.Expect(tab.Link("Download all adapters")).ToBeVisibleAsync();
        await Assertions.Expect(tab.Figure("Trials")).ToHaveTextAsync("1 of 1");
        tab.ShouldBeQuiet();
    }

    [Fact]
    public async Task AStudyIsStopped()
    {
        await using var tab = await OpenAsync();
        await StartLongAsync(tab, "To be stopped", rows: 32, epochs: 1);
        await Assertions.Expect(tab.Figure("Trials")).ToHaveTextAsync(new Regex("^[1-9][0-9]* of"), new() { Timeout = Long });

        await tab.Button("Stop…").ClickAsync();
        var question = tab.Page.GetByRole(AriaRole.Alertdialog);
        await Assertions.Expect(question).ToContainTextAsync("All results stay");
        await question.GetByRole(AriaRole.Button, new() { Name = "Keep it running" }).ClickAsync();
        await Assertions.Expect(question).ToBeHiddenAsync();
        await Assertions.Expect(tab.Page.Locator(".page-head .state")).ToHaveTextAsync("Running");

        await tab.Button("Stop…").ClickAsync();
        await question.GetByRole(AriaRole.Button, new() { Name = "Stop the study" }).ClickAsync();
        await StateAsync(tab, "Stopped");
        await Assertions.Expect(tab.Figure("Trials")).ToHaveTextAsync(new Regex("^[1-9][0-9]* of"));
        await Assertions.Expect(tab.Figure("Running")).ToHaveCountAsync(0);
        await Assertions.Expect(tab.Button("Stop…")).ToHaveCountAsync(0);
        tab.ShouldBeQuiet();
    }

    [Fact]
    public async Task AStudyIsCancelledInTheMiddleOfATrial()
    {
        await using var tab = await OpenAsync();
        await StartLongAsync(tab, "To be cancelled", rows: 1500, epochs: 900);
        await Assertions.Expect(tab.Figure("Running")).ToHaveTextAsync("1", new() { Timeout = Long });

        await tab.Button("Cancel…").ClickAsync();
        await tab.Page.GetByRole(AriaRole.Alertdialog).GetByRole(AriaRole.Button, new() { Name = "Cancel the study" }).ClickAsync();
        await StateAsync(tab, "Cancelled");
        await Assertions.Expect(tab.Figure("Running")).ToHaveCountAsync(0, new() { Timeout = Long });

        await tab.Page.GetByRole(AriaRole.Link, new() { Name = "Events" }).ClickAsync();
        await Assertions.Expect(tab.Page.GetByRole(AriaRole.Table)).ToContainTextAsync("cancel", new() { IgnoreCase = true });
        tab.ShouldBeQuiet();
    }

    [Fact]
    public async Task AFailedTrialSaysWhyHoldsItsStageAndIsRetried()
    {
        await using var tab = await OpenAsync();
        var form = await StudyForm.OpenAsync(tab);
        // A decay of rate times weight decay above 2 makes weights grow without bound: the loss is soon no number.
        await StudyForm.TypeAsync(form.Yaml, StudyText.Diverging);
        await Assertions.Expect(form.Name).ToHaveValueAsync("Diverging");
        await form.StartAsync();

        await StateAsync(tab, "Held");
        await tab.Page.GetByRole(AriaRole.Link, new() { Name = "Trials", Exact = true }).ClickAsync();
        var row = tab.Page.Locator("tbody tr").Filter(new() { HasText = "Failed" }).First;
        await Assertions.Expect(row).ToContainTextAsync(new Regex("NaN|not finite|Infinity|no number", RegexOptions.IgnoreCase));
        await row.GetByRole(AriaRole.Rowheader).GetByRole(AriaRole.Link).ClickAsync();
        await Assertions.Expect(tab.Page.GetByRole(AriaRole.Heading, new() { NameRegex = new Regex("^Trial [0-9]+$") })).ToBeVisibleAsync();
        var attempts = tab.Page.Locator("section", new() { Has = tab.Heading("Attempts") }).Locator("tbody tr");
        var before = await attempts.CountAsync();
        await tab.Button("Retry").ClickAsync();
        await Assertions.Expect(attempts).ToHaveCountAsync(before + 1, new() { Timeout = Long });
        await Assertions.Expect(tab.Page.Locator(".page-head .state")).ToHaveTextAsync("Failed", new() { Timeout = Long });

        await tab.Page.Locator(".page-head").GetByRole(AriaRole.Link, new() { Name = "Diverging" }).ClickAsync();
        await StateAsync(tab, "Held");
        await tab.Button("drop this choice").First.ClickAsync();
        await tab.Page.GetByRole(AriaRole.Alertdialog).GetByRole(AriaRole.Button, new() { Name = "Drop it" }).ClickAsync();
        await Assertions.Expect(tab.Page.GetByText("dropped").First).ToBeVisibleAsync();
        tab.ShouldBeQuiet();
    }

    /// <summary>A journey that broke off must not leave its study in the others' way.</summary>
    public async ValueTask DisposeAsync() => await shared.CancelAsync();

    private async Task<Tab> OpenAsync() => await chromium.OpenAsync(await shared.AddressAsync());

    private static Task StateAsync(Tab tab, string state) =>
        Assertions.Expect(tab.Page.Locator(".page-head .state")).ToHaveTextAsync(state, new() { Timeout = Long });

    private static async Task StartLongAsync(Tab tab, string name, int rows, int epochs)
    {
        var form = await StudyForm.OpenAsync(tab);
        await StudyForm.TypeAsync(form.Name, name);
        await form.ChooseAsync("Tasks", "Use sentiment");
        await form.NumberAsync("Short regime", "Training rows a task", rows, "rowsPerTask");
        await form.NumberAsync("Short regime", "Epochs", epochs, "epochs");
        await form.StartAsync();
    }
}
