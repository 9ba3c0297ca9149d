using System.Text.RegularExpressions;
using Microsoft.Playwright;
using PeftStudio.Browser.Tests.Studio;

namespace PeftStudio.Browser.Tests.Journeys;

/// <summary>Bad input is named where it was typed, and nothing typed is lost.</summary>
public sealed class FormJourneys(Chromium chromium, SharedStudio shared)
{
    [Fact]
    public async Task WhatCannotBeReadStaysInItsBoxWithTheReason()
    {
        await using var tab = await OpenAsync();
        var form = await StudyForm.OpenAsync(tab);
        await StudyForm.TypeAsync(form.Name, "Kept whatever happens");
        var samples = form.Box("Short regime", "Samples a choice (n)");

        foreach (var (typed, says) in new[] { ("three", "'three' is no number"), ("2.5", "2.5 is no whole number"), ("0", "0 is too small; at least 1"), ("", "a number is needed here") })
        {
            await StudyForm.TypeAsync(samples, typed);
            await Assertions.Expect(Problem(tab, "f-compute-samplesPerChoice")).ToHaveTextAsync(says);
            await Assertions.Expect(samples).ToHaveValueAsync(typed);
            await Assertions.Expect(samples).ToHaveAttributeAsync("aria-invalid", "true");
            await Assertions.Expect(form.Start).ToBeDisabledAsync();
        }

        await Assertions.Expect(form.Name).ToHaveValueAsync("Kept whatever happens");
        await form.NumberAsync("Short regime", "Samples a choice (n)", 4, "samplesPerChoice");
        await Assertions.Expect(Problem(tab, "f-compute-samplesPerChoice")).ToHaveCountAsync(0);
        await Assertions.Expect(form.Start).ToBeEnabledAsync();
        tab.ShouldBeQuiet();
    }

    [Fact]
    public async Task ASpaceThatHoldsNothingIsNamedInItsBlock()
    {
        await using var tab = await OpenAsync();
        var form = await StudyForm.OpenAsync(tab);

        await form.ChooseAsync("Layer grouping");
        await Assertions.Expect(form.Group("Layer grouping").GetByRole(AriaRole.Alert)).ToContainTextAsync("grouping");
        await Assertions.Expect(form.Start).ToBeDisabledAsync();
        await form.ChooseAsync("Layer grouping", "Uniform");
        await Assertions.Expect(form.Group("Layer grouping").GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);

        await form.ChooseAsync("Tasks");
        await Assertions.Expect(form.Group("Tasks").GetByRole(AriaRole.Alert)).ToHaveTextAsync("no task; choose at least one");
        await form.ChooseAsync("Tasks", "Use sentiment");

        await StudyForm.TypeAsync(form.Box("Trainable parameters", "Percent of the backbone"), "0.0001");
        await Assertions.Expect(form.Group("Trainable parameters").GetByRole(AriaRole.Alert)).ToContainTextAsync("parameters");
        await Assertions.Expect(form.Summary.GetByRole(AriaRole.Status)).ToContainTextAsync("budget");
        await Assertions.Expect(form.Start).ToBeDisabledAsync();

        await StudyForm.TypeAsync(form.Box("Trainable parameters", "Percent of the backbone"), "1");
        await Assertions.Expect(form.Start).ToBeEnabledAsync();
        tab.ShouldBeQuiet();
    }

    [Fact]
    public async Task AReadyDesignBringsItsMethodsItsBudgetAndItsSource()
    {
        await using var tab = await OpenAsync();
        var form = await StudyForm.OpenAsync(tab, "?preset=design");

        await tab.Button("MAM for generation").ClickAsync();
        await Assertions.Expect(form.Yaml).ToHaveValueAsync(new Regex("name: mam-generation-prefix[^\\n]*reparametrisation: 800, size: 30 }\n.*name: mam-generation-adapter[^\\n]*scale: 4, size: 512 }"));
        await Assertions.Expect(tab.Page.GetByText(new Regex("MAM generation adapter 512 .*MAM generation prefix 30 "))).ToHaveCountAsync(2);
        await tab.Button("MAM for GLUE").ClickAsync();
        await Assertions.Expect(form.Yaml).ToHaveValueAsync(new Regex("name: mam-prefix[^\\n]*reparametrisation: 800, size: 16 }[^$]*parameters: 149952"));
        await Assertions.Expect(form.Yaml).Not.ToHaveValueAsync(new Regex("mam-generation"));
        await Assertions.Expect(tab.Page.GetByText("MAM for GLUE: arXiv 2110.04366 on RoBERTa-base")).ToContainTextAsync("Not known: how its 0.5 % was counted");
        await Assertions.Expect(tab.Page.GetByText(new Regex("MAM adapter 16 .*MAM prefix 16 "))).ToHaveCountAsync(2);
        await Assertions.Expect(form.Start).ToBeEnabledAsync();
        (await tab.AxeAsync()).ShouldBeEmpty();
        tab.ShouldBeQuiet();
    }

    [Fact]
    public async Task FormAndYamlFollowEachOther()
    {
        await using var tab = await OpenAsync();
        var form = await StudyForm.OpenAsync(tab);

        await form.ChooseAsync("Layer grouping", "Uniform", "Decreasing");
        await Assertions.Expect(form.Yaml).ToHaveValueAsync(new Regex(@"groupings:\s*(\[uniform, decreasing\]|- uniform\s+- decreasing)", RegexOptions.IgnoreCase));
        var yaml = await form.Yaml.InputValueAsync();

        await StudyForm.TypeAsync(form.Yaml, Regex.Replace(yaml, "^name: .*$", "name: Written by hand", RegexOptions.Multiline).Replace("samplesPerChoice: 3", "samplesPerChoice: 7", StringComparison.Ordinal));
        await Assertions.Expect(form.Name).ToHaveValueAsync("Written by hand");
        await Assertions.Expect(form.Box("Short regime", "Samples a choice (n)")).ToHaveValueAsync("7");
        await Assertions.Expect(form.Group("Layer grouping").GetByRole(AriaRole.Checkbox, new() { Name = "Spindle" })).Not.ToBeCheckedAsync();

        // A text that cannot be read says where, stays as typed, and does not touch the form.
        var broken = (await form.Yaml.InputValueAsync()).Replace("samplesPerChoice: 7", "samplesPerChoise: 7", StringComparison.Ordinal);
        await StudyForm.TypeAsync(form.Yaml, broken);
        var status = tab.Page.Locator("#f-yaml-status");
        await Assertions.Expect(status).ToContainTextAsync("samplesPerChoise");
        await Assertions.Expect(status).ToContainTextAsync("line");
        await Assertions.Expect(form.Yaml).ToHaveValueAsync(broken);
        await Assertions.Expect(form.Name).ToHaveValueAsync("Written by hand");
        await Assertions.Expect(form.Start).ToBeDisabledAsync();

        await StudyForm.TypeAsync(form.Yaml, broken.Replace("samplesPerChoise", "samplesPerChoice", StringComparison.Ordinal));
        await Assertions.Expect(form.Start).ToBeEnabledAsync();
        tab.ShouldBeQuiet();
    }

    [Fact]
    public async Task ADraftSurvivesLeavingTheStudio()
    {
        await using var tab = await OpenAsync();
        var form = await StudyForm.OpenAsync(tab);
        await StudyForm.TypeAsync(form.Name, "A draft");
        await form.NumberAsync("Short regime", "Designs in S0", 9, "startSamples");
        await tab.Page.Locator("section[aria-labelledby=block-training] summary").ClickAsync();
        await tab.Page.Locator("#f-precision").SelectOptionAsync("bf16");
        var cost = tab.Page.Locator("[data-test=cost]");
        await Assertions.Expect(cost).ToContainTextAsync("in bf16");

        await tab.GoAsync("/tasks");
        form = await StudyForm.OpenAsync(tab);
        await Assertions.Expect(tab.Page.GetByText("Your draft is back.")).ToBeVisibleAsync();
        await Assertions.Expect(form.Name).ToHaveValueAsync("A draft");
        await Assertions.Expect(form.Box("Short regime", "Designs in S0")).ToHaveValueAsync("9");
        await Assertions.Expect(cost).ToContainTextAsync("in bf16");

        await tab.Button("Start over").ClickAsync();
        await Assertions.Expect(cost).ToContainTextAsync("in fp32");
        await Assertions.Expect(form.Name).Not.ToHaveValueAsync("A draft");
        tab.ShouldBeQuiet();
    }

    private async Task<Tab> OpenAsync() => await chromium.OpenAsync(await shared.AddressAsync());

    private static ILocator Problem(Tab tab, string id) => tab.Page.Locator($"#{id}-problem");
}
