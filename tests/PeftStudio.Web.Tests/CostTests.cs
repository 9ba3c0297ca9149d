using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using PeftStudio.Formats.Studies;
using PeftStudio.Formats.Tasks;
using PeftStudio.Search.Costs;
using PeftStudio.Search.Studies;
using PeftStudio.Storage;
using PeftStudio.Storage.Writes;
using PeftStudio.Tests;
using PeftStudio.Tests.Hub;
using PeftStudio.Web.Assets;
using PeftStudio.Web.Studies;

namespace PeftStudio.Web.Tests;

/// <summary>What the form, the pages and the API say of memory and time, before and after a measurement.</summary>
public sealed class CostTests
{
    [Fact]
    public async Task What_is_not_measured_says_how_and_what_is_measured_says_what_it_costs()
    {
        await using var studio = await new Studio().StartAsync();
        using var client = studio.Client();
        WebUtility.HtmlDecode(await client.GetStringAsync("/studies/new")).ShouldContain("not measured yet for sample in fp32: run ./studio probe --backbone ");
        WebUtility.HtmlDecode(await client.GetStringAsync("/backbones")).ShouldContain("not measured yet");
        (await Forecast(client)).GetProperty("cost").ValueKind.ShouldBe(JsonValueKind.Null);

        await Measure(studio, machine: 8_000_000_000);
        var page = WebUtility.HtmlDecode(await client.GetStringAsync("/studies/new"));
        page.ShouldContain("Predicted: up to ");
        page.ShouldContain("on the processor of the tests, of which no worker is live.");
        page.ShouldNotContain("may run out of memory");
        WebUtility.HtmlDecode(await client.GetStringAsync("/backbones")).ShouldContain("fp32, on the processor of the tests");
        var forecast = await Forecast(client);
        forecast.GetProperty("cost").GetProperty("peakBytes").GetDouble().ShouldBeGreaterThan(3e8);
        forecast.GetProperty("cost").GetProperty("mostSeconds").GetDouble().ShouldBeGreaterThan(forecast.GetProperty("cost").GetProperty("trialSeconds").GetDouble());
    }

    [Fact]
    public async Task A_plan_beyond_the_machines_memory_is_warned_of_with_what_to_lower()
    {
        await using var studio = await new Studio().StartAsync();
        using var client = studio.Client();
        await Measure(studio, machine: 100_000_000);
        (await Forecast(client)).GetProperty("warnings").EnumerateArray().Select(warning => warning.GetString() ?? "")
            .ShouldContain(warning => warning.StartsWith("A trial is predicted to need", StringComparison.Ordinal) && warning.Contains("100 MB", StringComparison.Ordinal)
                && warning.Contains("Lower the batch (16) or the most tokens a row (", StringComparison.Ordinal));
        WebUtility.HtmlDecode(await client.GetStringAsync("/studies/new")).ShouldContain("may run out of memory");
    }

    /// <summary>A worker reads the training and dev rows alone; GLUE's own folders have test rows too.</summary>
    [Fact]
    public async Task Files_that_no_worker_reads_are_not_counted()
    {
        await using var studio = await new Studio().StartAsync();
        using var client = studio.Client();
        await Measure(studio, machine: 8_000_000_000);
        var folder = Directory.CreateDirectory(Path.Join(studio.Data, "tasks", "mine")).FullName;
        foreach (var file in Directory.GetFiles(Path.Join(Folders.Repository, "samples", "tasks", "similarity")))
            File.Copy(file, Path.Join(folder, Path.GetFileName(file)));
        var json = Path.Join(folder, "task.json");
        await File.WriteAllTextAsync(json, (await File.ReadAllTextAsync(json)).Replace("\"similarity\"", "\"mine\"", StringComparison.Ordinal));
        var before = await Peak();
        await File.WriteAllTextAsync(Path.Join(folder, "test.tsv"), new string('x', 50_000_000));
        (await Peak()).ShouldBe(before);

        async Task<double> Peak()
        {
            using var answer = await client.PostAsync("/api/v1/forecast", Studio.Yaml(Studio.Plan().Replace("[similarity]", "[mine]", StringComparison.Ordinal)));
            return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("cost").GetProperty("peakBytes").GetDouble();
        }
    }

    /// <summary>The shelf has seen the good file; the bad one of the same length and time is found where rows are counted in tokens.</summary>
    [Fact]
    public async Task Rows_that_become_unreadable_between_two_looks_are_told_and_break_no_forecast()
    {
        await using var studio = await new Studio().StartAsync();
        using var client = studio.Client();
        await Measure(studio, machine: 8_000_000_000);
        const string Rows = "text\tlabel\none\tyes\ntwo\tno\n";
        var folder = Directory.CreateDirectory(Path.Join(studio.Data, "tasks", "turning")).FullName;
        await File.WriteAllTextAsync(Path.Join(folder, "train.tsv"), Rows);
        await File.WriteAllTextAsync(Path.Join(folder, "dev.tsv"), Rows);
        await File.WriteAllTextAsync(Path.Join(folder, "task.json"), """
            {"name": "turning", "files": {"train": "train.tsv", "dev": "dev.tsv"}, "columns": {"text": "text", "label": "label"}, "labels": ["no", "yes"], "metrics": ["accuracy"]}
            """);
        (await client.GetStringAsync("/api/v1/tasks/turning/rows")).ShouldContain("one");

        var train = Path.Join(folder, "train.tsv");
        var time = File.GetLastWriteTimeUtc(train);
        await File.WriteAllTextAsync(train, new string('x', Rows.Length));
        File.SetLastWriteTimeUtc(train, time);
        using var answer = await client.PostAsync("/api/v1/forecast", Studio.Yaml(Studio.Plan().Replace("[similarity]", "[turning]", StringComparison.Ordinal)));

        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        var forecast = await answer.Content.ReadFromJsonAsync<JsonElement>();
        forecast.GetProperty("cost").ValueKind.ShouldBe(JsonValueKind.Null);
        forecast.GetProperty("warnings").EnumerateArray().Select(warning => warning.GetString() ?? "")
            .ShouldContain(warning => warning.StartsWith("Memory and time of a trial are not predicted: the rows of turning cannot be read now (", StringComparison.Ordinal));
    }

    /// <summary>The plan was looked at while the folder was whole; the forecast is read a moment later.</summary>
    [Theory]
    [InlineData(false, "its folder is gone")]
    [InlineData(true, "dev.tsv is not in the task's folder")]
    public async Task A_task_that_vanishes_or_breaks_after_the_look_is_told_and_breaks_no_forecast(bool breaks, string says)
    {
        await using var studio = await new Studio().StartAsync();
        await Measure(studio, machine: 8_000_000_000);
        var folder = Directory.CreateDirectory(Path.Join(studio.Data, "tasks", "leaving")).FullName;
        foreach (var file in new[] { "train.tsv", "dev.tsv" })
            await File.WriteAllTextAsync(Path.Join(folder, file), "text\tlabel\none\tyes\ntwo\tno\n");
        await File.WriteAllTextAsync(Path.Join(folder, "task.json"), """
            {"name": "leaving", "files": {"train": "train.tsv", "dev": "dev.tsv"}, "columns": {"text": "text", "label": "label"}, "labels": ["no", "yes"], "metrics": ["accuracy"]}
            """);
        var plan = StudyYaml.Read(Studio.Plan().Replace("[similarity]", "[similarity, leaving]", StringComparison.Ordinal)).Plan.ShouldNotBeNull();
        var look = await studio.Services.GetRequiredService<StudyDesk>().Look(plan, CancellationToken.None);
        look.Problems.ShouldBeEmpty();
        if (breaks)
            File.Delete(Path.Join(folder, "dev.tsv"));
        else
            Directory.Delete(folder, recursive: true);

        var costs = await studio.Services.GetRequiredService<CostReading>().Read(plan, look, CancellationToken.None);
        costs.Cost.ShouldBeNull();
        costs.Warnings.ShouldHaveSingleItem().ShouldStartWith($"Memory and time of a trial are not predicted: the rows of leaving cannot be read now ({says}");
    }

    [Fact]
    public async Task Rows_are_as_long_as_the_backbones_tokenizer_reads_them()
    {
        await using var studio = await new Studio().StartAsync();
        var shelf = studio.Services.GetRequiredService<AssetShelf>();
        var backbone = (await shelf.BackboneOf("sample", CancellationToken.None)).ShouldNotBeNull();
        var task = (await shelf.TaskOf("sentiment", CancellationToken.None)).ShouldNotBeNull();
        var tokens = studio.Services.GetRequiredService<TokenShelf>();
        var (long64, written) = await tokens.Of(backbone, task, 64, CancellationToken.None);
        written.ShouldBeNull();
        long64.Mean.ShouldBeInRange(4, long64.Longest);
        long64.Longest.ShouldBeInRange(5, 64);
        (await tokens.Of(backbone, task, 5, CancellationToken.None)).Rows.Longest.ShouldBe(5);
    }

    [Fact]
    public async Task Texts_to_write_are_as_long_as_the_tokenizer_reads_them_and_rows_begin_with_the_tasks_prefix()
    {
        await using var studio = await new Studio().StartAsync();
        var backbone = (await studio.Services.GetRequiredService<AssetShelf>().BackboneOf("sample", CancellationToken.None)).ShouldNotBeNull();
        using var folder = new TempFolder();
        var (plain, asked) = (await Tokens("plain", ""), await Tokens("asked", "the rain: "));
        plain.Written.ShouldNotBeNull();
        // [CLS] rain [SEP]
        (plain.Written.Tokens.Longest, plain.Written.Beams).ShouldBe((3, 2));
        plain.Written.Vocabulary.ShouldBe(backbone.Config.ShouldNotBeNull().VocabSize);
        (asked.Rows.Longest - plain.Rows.Longest).ShouldBe(3);
        asked.Written.ShouldBe(plain.Written);

        Task<(RowTokens Rows, WrittenTexts? Written)> Tokens(string name, string prefix)
        {
            const string Row = """{"text": "It was a day of rain.", "target": "rain"}""";
            folder.Write($"{name}/task.json", $$"""
                {"name": "{{name}}", "files": {"train": "rows.jsonl", "dev": "rows.jsonl"}, "columns": {"text": "text", "target": "target"},
                 "generation": {"maxTokens": 8, "beams": 2, "prefix": "{{prefix}}"}, "metrics": ["bleu"]}
                """);
            folder.Write($"{name}/rows.jsonl", Row);
            return new TokenShelf().Of(backbone, TaskCatalog.Scan(folder.Path).Single(task => task.Name == name), 64, CancellationToken.None);
        }
    }

    /// <summary>A file is locked while somebody writes it; the next question reads it.</summary>
    [Fact]
    public async Task Rows_that_could_not_be_read_once_are_read_when_they_can_be()
    {
        using var folder = new TempFolder();
        var (shelf, backbone, task) = (new TokenShelf(), Words(folder), Line(folder, "rain"));
        using (new FileStream(folder["line/rows.jsonl"], FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            await Should.ThrowAsync<InvalidTaskException>(() => shelf.Of(backbone, task, 64, CancellationToken.None));
        (await shelf.Of(backbone, task, 64, CancellationToken.None)).Rows.Longest.ShouldBe(3);
    }

    /// <summary>A backbone's hash is that of its weights: another tokenizer leaves it as it is.</summary>
    [Fact]
    public async Task Another_tokenizer_in_the_same_folder_reads_the_rows_anew()
    {
        using var folder = new TempFolder();
        var (shelf, backbone, task) = (new TokenShelf(), Words(folder), Line(folder, "rainrain"));
        (await shelf.Of(backbone, task, 64, CancellationToken.None)).Rows.Longest.ShouldBe(3);
        (await shelf.Of(Words(folder, "##rain"), task, 64, CancellationToken.None)).Rows.Longest.ShouldBe(4);
    }

    /// <summary>A backbone that knows one word, and no weights: only its tokenizer is read.</summary>
    private static BackboneListing Words(TempFolder folder, params string[] more)
    {
        folder.Write("words/config.json", new TinyBert(width: 8).Config);
        folder.Write("words/vocab.txt", string.Join('\n', ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "rain", .. more]));
        return new(folder["words"], "words", null, new string('a', 64), null, null);
    }

    private static TaskListing Line(TempFolder folder, string text)
    {
        folder.Write("line/task.json", """
            {"name": "line", "files": {"train": "rows.jsonl", "dev": "rows.jsonl"}, "columns": {"text": "text", "label": "label"}, "labels": ["no", "yes"], "metrics": ["accuracy"]}
            """);
        folder.Write("line/rows.jsonl", $$"""{"text": "{{text}}", "label": "yes"}""");
        return TaskCatalog.Scan(folder.Path).Single(task => task.Name == "line");
    }

    private static async Task Measure(Studio studio, long machine)
    {
        var backbone = (await studio.Services.GetRequiredService<AssetShelf>().BackboneOf("sample", CancellationToken.None)).ShouldNotBeNull();
        var model = new CostModel(3, new MemoryRates(3e8, 1, 1, 1, 4, 1), [0, 0], new TimeRates(1e-3, 1e-11, 1e-11, 0), machine);
        await new CostModelRows(studio.Services.GetRequiredService<StudioDatabase>()).KeepAsync("the processor of the tests", backbone.Hash ?? "", Precision.Fp32, model, CancellationToken.None);
    }

    private static async Task<JsonElement> Forecast(HttpClient client)
    {
        using var answer = await client.PostAsync("/api/v1/forecast", Studio.Yaml(Studio.Plan()));
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }
}
