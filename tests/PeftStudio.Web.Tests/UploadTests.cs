using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Tests;
using PeftStudio.Tests.Hub;
using PeftStudio.Web.Assets;

namespace PeftStudio.Web.Tests;

/// <summary>Uploads over HTTP: what is taken, and that what is refused leaves nothing behind.</summary>
public sealed class UploadTests : IClassFixture<UploadTests.OneStudio>
{
    private const string TaskJson = """
        { "name": "mine", "files": { "train": "train.tsv", "dev": "dev.tsv" }, "columns": { "text": "text", "label": "label" }, "labels": ["no", "yes"], "metrics": ["accuracy"] }
        """;

    private const string Rows = "text\tlabel\none\tyes\ntwo\tno\n";

    private const string T5 = """{"model_type": "t5", "vocab_size": 100, "d_model": 12, "d_kv": 4, "d_ff": 20, "num_layers": 4, "num_heads": 3}""";

    private readonly Studio studio;
    private readonly HttpClient client;

    public UploadTests(OneStudio fixture) => (studio, client) = (fixture.Studio, fixture.Studio.Client());

    public sealed class OneStudio : IAsyncLifetime
    {
        internal Studio Studio { get; } = new();

        public async ValueTask InitializeAsync()
        {
            await Studio.StartAsync();
            Directory.CreateDirectory(Path.Join(Studio.Data, "backbones"));
            Directory.CreateDirectory(Path.Join(Studio.Data, "tasks"));
        }

        public ValueTask DisposeAsync() => Studio.DisposeAsync();
    }

    [Theory]
    [InlineData("zip-at-top", "")]
    [InlineData("zip-in-folder", "some-folder/")]
    public async Task A_task_in_an_archive_is_taken(string name, string folder)
    {
        var archive = Studio.Zip((folder + "task.json", TaskJson.Replace("mine", name, StringComparison.Ordinal)), (folder + "train.tsv", Rows), (folder + "dev.tsv", Rows));
        using var answer = await client.PostAsync("/api/v1/tasks", Studio.Upload(name, ("task.zip", archive)));
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        (await client.GetStringAsync($"/api/v1/tasks/{name}/rows")).ShouldContain("\"one\"");
        (await client.GetStringAsync("/tasks")).ShouldContain(name);
        await (await client.PostAsync("/api/v1/tasks", Studio.Upload(name, ("task.zip", archive)))).ShouldBeProblem(HttpStatusCode.Conflict, "exists already");
    }

    [Fact]
    public async Task Files_without_an_archive_are_taken()
    {
        using var answer = await client.PostAsync("/api/v1/tasks", Studio.Upload("RTE",
            ("train.tsv", Encoding.UTF8.GetBytes("index\tsentence1\tsentence2\tlabel\n0\ta\tb\tentailment\n1\tc\td\tnot_entailment\n")),
            ("dev.tsv", Encoding.UTF8.GetBytes("index\tsentence1\tsentence2\tlabel\n0\ta\tb\tentailment\n"))));
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_backbone_is_taken()
    {
        var sample = Path.Join(Folders.Repository, "samples", "backbones", "sample");
        var files = new[] { "config.json", "vocab.txt", "tokenizer_config.json", "model.safetensors" }.Select(file => (file, File.ReadAllBytes(Path.Join(sample, file)))).ToArray();
        using var answer = await client.PostAsync("/api/v1/backbones", Studio.Upload("copy", files));
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        (await client.GetStringAsync("/api/v1/backbones/copy")).ShouldContain("\"layers\":12");
    }

    [Fact]
    public async Task A_folder_without_weights_is_listed_with_why_no_study_uses_it()
    {
        File.WriteAllText(Path.Join(Directory.CreateDirectory(Path.Join(studio.Data, "backbones", "small-t5")).FullName, "config.json"), T5);
        const string Refusal = "model.safetensors";
        (await client.GetStringAsync("/api/v1/backbones/small-t5")).ShouldContain(Refusal);
        (await client.GetStringAsync("/backbones")).ShouldContain(Refusal);
        (await client.GetStringAsync("/studies/new?backbone=small-t5")).ShouldNotContain("value=\"small-t5\"");
        var plan = Studio.Plan().Replace("backbone: sample", "backbone: small-t5", StringComparison.Ordinal);
        await (await client.PostAsync("/api/v1/studies", Studio.Yaml(plan))).ShouldBeProblem(HttpStatusCode.BadRequest, Refusal);
    }

    public static TheoryData<string> HostileNames =>
    [
        "..", ".", "../up", "a/../../up", "/etc", "a\\..\\..\\up", "C:\\up", "%2e%2e", "%2e%2e%2fup", "..%2fup", "..%5cup", "%252e%252e%252fup", "..;/up", "....//up", "..\u2215up",
        "\u2025", "\uff0e\uff0e", "a\u0000b", "a\nb", "a/b", "~", "$HOME", "`id`", "|id", "a:b", "a*b", "a?b", "<script>", "\"a\"", "'a'", "a.", ".hidden", "", "   ",
        "CON\u0001", "a&b", "a#b", new string('a', 300),
    ];

    [Theory]
    [MemberData(nameof(HostileNames))]
    public async Task A_hostile_name_is_refused_for_folders_files_and_archives(string name)
    {
        var files = new (string, byte[])[] { ("task.json", Encoding.UTF8.GetBytes(TaskJson)), ("train.tsv", Encoding.UTF8.GetBytes(Rows)), ("dev.tsv", Encoding.UTF8.GetBytes(Rows)) };
        var before = Tree();
        foreach (var kind in new[] { "tasks", "backbones" })
        {
            await (await client.PostAsync($"/api/v1/{kind}", Studio.Upload(name, files))).ShouldBeProblem(HttpStatusCode.BadRequest);
            if (name.Trim().Length > 0)
                await (await client.PostAsync($"/api/v1/{kind}", Studio.Upload("archive", ("a.zip", Studio.Zip([("task.json", TaskJson), ("train.tsv", Rows), ("dev.tsv", Rows), (name + ".tsv", Rows), ("x", "y")])))))
                    .ShouldBeProblem(HttpStatusCode.BadRequest);
        }
        Tree().ShouldBe(before);
    }

    [Theory]
    [MemberData(nameof(HostileNames))]
    public async Task A_hostile_name_in_an_address_reads_nothing(string name)
    {
        foreach (var url in new[] { "/api/v1/backbones/{0}", "/api/v1/tasks/{0}", "/api/v1/tasks/{0}/rows", "/api/v1/schemas/{0}", "/api/v1/studies/1/adapters/{0}.zip" })
        {
            using var answer = await client.GetAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, url, Uri.EscapeDataString(name)));
            var text = await answer.Content.ReadAsStringAsync();
            // Dots and empty parts leave other addresses, which list or refuse; none of them reads a file.
            if (name.Trim('.', ' ').Length > 0 && name != "/etc")
                ((int)answer.StatusCode).ShouldBeInRange(400, 499, $"{url} {text}");
            text.ShouldNotContain("root:");
        }
    }

    [Theory]
    [InlineData("weights.bin", "is a pickle")]
    [InlineData("weights.PT", "is a pickle")]
    [InlineData("run.sh", "is of no kind")]
    [InlineData("library.dll", "is of no kind")]
    [InlineData("sub/train.tsv", "send the files of one folder")]
    public async Task A_file_that_does_not_belong_is_refused(string file, string says)
    {
        var archive = Studio.Zip(("task.json", TaskJson), ("train.tsv", Rows), ("dev.tsv", Rows), (file, "x"));
        await (await client.PostAsync("/api/v1/tasks", Studio.Upload("odd", ("a.zip", archive)))).ShouldBeProblem(HttpStatusCode.BadRequest, says);
        Directory.EnumerateFileSystemEntries(Path.Join(studio.Data, "tasks")).ShouldNotContain(entry => entry.Contains("odd") || entry.Contains(".incoming"));
    }

    [Theory]
    [InlineData("{}", Rows, "'name'")]
    [InlineData("not json", Rows, "no valid JSON")]
    [InlineData(TaskJson, "text\tlabel\n", "no rows")]
    [InlineData(TaskJson, "text\tlabel\none\tmaybe\n", "maybe")]
    [InlineData(TaskJson, "other\tlabel\none\tyes\n", "text")]
    public async Task A_task_that_cannot_be_read_is_refused_with_the_reason(string json, string train, string says) =>
        await (await client.PostAsync("/api/v1/tasks", Studio.Upload("broken", ("a.zip", Studio.Zip(("task.json", json), ("train.tsv", train), ("dev.tsv", Rows)))))).ShouldBeProblem(HttpStatusCode.BadRequest, says);

    [Fact]
    public async Task A_backbone_without_weights_or_with_an_unknown_architecture_is_refused()
    {
        await (await client.PostAsync("/api/v1/backbones", Studio.Upload("none", ("config.json", Encoding.UTF8.GetBytes("{ \"model_type\": \"mystery\" }"))))).ShouldBeProblem(HttpStatusCode.BadRequest, "mystery");
        await (await client.PostAsync("/api/v1/backbones", Studio.Upload("none", ("config.json", Encoding.UTF8.GetBytes(T5))))).ShouldBeProblem(HttpStatusCode.BadRequest, "model.safetensors");
        var config = File.ReadAllBytes(Path.Join(Folders.Repository, "samples", "backbones", "sample", "config.json"));
        await (await client.PostAsync("/api/v1/backbones", Studio.Upload("none", ("config.json", config)))).ShouldBeProblem(HttpStatusCode.BadRequest, "model.safetensors");
        await (await client.PostAsync("/api/v1/backbones", Studio.Upload("none", ("config.json", config), ("model.safetensors", [1, 2, 3])))).ShouldBeProblem(HttpStatusCode.BadRequest, "model.safetensors");
    }

    public static TheoryData<string, string> Unusable => new()
    {
        { "without-an-output", "model.safetensors: tensor 'bert.encoder.layer.0.output.dense.weight': is missing, and 3 more; the checkpoint does not hold the 1-layer bert that config.json describes" },
        { "of-another-width", "model.safetensors: tensor 'bert.encoder.layer.0.intermediate.dense.weight': has shape [8, 16]; by config.json it is [16, 8]" },
        { "of-integers", "model.safetensors: tensor 'bert.embeddings.LayerNorm.bias': is I32; F32, F16 or BF16 is wanted" },
        { "without-a-tokenizer", "holds no tokenizer; tokenizer.json, or vocab.txt" },
        { "with-a-damaged-tokenizer", "tokenizer.json: is not valid JSON" },
        { "with-more-tokens-than-rows", "the tokenizer gives 'eins' the id 12032, 'zwei' the id 12033, and by config.json (vocab_size) the embedding has 12032 rows" },
    };

    /// <summary>Said where it was entered, and not by every trial of a study.</summary>
    [Theory]
    [MemberData(nameof(Unusable))]
    public async Task A_backbone_that_no_worker_could_load_is_refused_and_listed_with_the_reason(string fault, string says)
    {
        var tiny = new TinyBert(width: 8);
        var tensors = fault switch
        {
            "without-an-output" => tiny.Tensors().Where(tensor => !tensor.Key.Contains("layer.0.output", StringComparison.Ordinal)),
            "of-another-width" => tiny.Tensors().Select(tensor => tensor.Key.EndsWith("intermediate.dense.weight", StringComparison.Ordinal) ? SafetensorsTensor.FromFloats(tensor.Key, new float[128], 8, 16) : tensor),
            "of-integers" => tiny.Tensors().Select(tensor => tensor.Key.EndsWith("embeddings.LayerNorm.bias", StringComparison.Ordinal) ? new SafetensorsTensor(tensor.Key, SafetensorsType.I32, [8], new byte[32]) : tensor),
            _ => tiny.Tensors(),
        };
        (string Name, byte[] Content)[] files =
        [
            ("config.json", tiny.Config), ("model.safetensors", SafetensorsWriter.ToBytes(tensors)),
            .. fault switch
            {
                "without-a-tokenizer" => [],
                "with-a-damaged-tokenizer" => new[] { ("tokenizer.json", "{"u8.ToArray()) },
                "with-more-tokens-than-rows" => [("vocab.txt", [.. tiny.Vocabulary, .. "eins\nzwei\n"u8])],
                _ => [("vocab.txt", tiny.Vocabulary)],
            },
        ];
        await (await client.PostAsync("/api/v1/backbones", Studio.Upload(fault, files))).ShouldBeProblem(HttpStatusCode.BadRequest, says);

        var folder = Directory.CreateDirectory(Path.Join(studio.Data, "backbones", fault)).FullName;
        foreach (var (name, content) in files)
            await File.WriteAllBytesAsync(Path.Join(folder, name), content);
        var listed = await client.GetFromJsonAsync<JsonElement>($"/api/v1/backbones/{fault}");
        listed.GetProperty("problem").GetString().ShouldNotBeNull().ShouldContain(says);
        await (await client.PostAsync("/api/v1/studies", Studio.Yaml(Studio.Plan().Replace("backbone: sample", $"backbone: {fault}", StringComparison.Ordinal)))).ShouldBeProblem(HttpStatusCode.BadRequest, says);
    }

    [Fact]
    public async Task A_backbone_that_lacks_the_row_of_a_special_token_is_taken_with_a_warning()
    {
        var tiny = new TinyBert(width: 8);
        using var answer = await client.PostAsync("/api/v1/backbones", Studio.Upload(
            "short", ("config.json", tiny.Config), ("model.safetensors", tiny.Weights), ("vocab.txt", [.. tiny.Vocabulary, .. "[LAST]\n"u8]), ("tokenizer_config.json", """{"mask_token": "[LAST]"}"""u8.ToArray())));
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        var listed = await client.GetFromJsonAsync<JsonElement>("/api/v1/backbones/short");
        listed.GetProperty("problem").ValueKind.ShouldBe(JsonValueKind.Null);
        listed.GetProperty("notes")[0].GetString().ShouldNotBeNull().ShouldStartWith("the tokenizer gives '[LAST]' the id 12032, and by config.json (vocab_size) the embedding has 12032 rows");
        (await client.GetStringAsync("/backbones")).ShouldContain("&#x27;[LAST]&#x27; the id 12032");
    }

    [Fact]
    public async Task An_archive_larger_inside_than_the_limit_is_refused()
    {
        var bomb = Studio.Zip(("train.tsv", new string('a', 45 * 1024 * 1024)));
        bomb.Length.ShouldBeLessThan(1024 * 1024);
        await (await client.PostAsync("/api/v1/tasks", Studio.Upload("bomb", ("a.zip", bomb)))).ShouldBeProblem(HttpStatusCode.RequestEntityTooLarge, "40 MB");
    }

    [Fact]
    public async Task A_full_disk_is_said_with_the_remedy_and_leaves_nothing()
    {
        var room = new long[1];
        await using var full = await new Studio(disk: DataDisk.Real with
        {
            Open = path => room[0] > 0 ? new FullDisk(DataDisk.Real.Open(path), room) : throw new IOException("No space left on device"),
        }).StartAsync();
        using var visitor = full.Client();
        (string Name, string Content)[] files = [("task.json", TaskJson), ("train.tsv", Rows), ("dev.tsv", Rows)];
        (string, byte[])[] archive = [("a.zip", Studio.Zip(files))], single = [.. files.Select(file => (file.Name, Encoding.UTF8.GetBytes(file.Content)))];
        foreach (var (sent, bytes, at) in new[] { (archive, 100, "the archive"), (archive, archive[0].Item2.Length + TaskJson.Length + 5, "'train.tsv'"), (single, TaskJson.Length + 5, "'train.tsv'"), (single, 0, "'task.json'") })
        {
            room[0] = bytes;
            await (await visitor.PostAsync("/api/v1/tasks", Studio.Upload("mine", sent)))
                .ShouldBeProblem(HttpStatusCode.InsufficientStorage, $"the disk does not take {at}: No space left on device", "make room and upload it again");
            Directory.EnumerateFileSystemEntries(full.Data, "*", SearchOption.AllDirectories).ShouldAllBe(entry => Path.GetFileName(entry) == "tasks");
        }
        room[0] = long.MaxValue;
        using var answer = await visitor.PostAsync("/api/v1/tasks", Studio.Upload("mine", archive));
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_file_that_is_sent_twice_is_refused() => await (await client.PostAsync("/api/v1/tasks", Studio.Upload("twice",
        ("task.json", Encoding.UTF8.GetBytes(TaskJson)), ("train.tsv", Encoding.UTF8.GetBytes(Rows)), ("train.tsv", Encoding.UTF8.GetBytes(Rows))))).ShouldBeProblem(HttpStatusCode.BadRequest, "'train.tsv' stands in the upload twice");

    [Fact]
    public async Task A_form_without_what_it_needs_is_refused()
    {
        await (await client.PostAsync("/api/v1/tasks", Studio.Upload("empty"))).ShouldBeProblem(HttpStatusCode.BadRequest, "no file");
        await (await client.PostAsync("/api/v1/tasks", Studio.Upload(null, ("a.zip", Studio.Zip(("task.json", TaskJson)))))).ShouldBeProblem(HttpStatusCode.BadRequest, "no name");
        await (await client.PostAsync("/api/v1/tasks", Studio.Upload("bad", ("a.zip", [1, 2, 3])))).ShouldBeProblem(HttpStatusCode.BadRequest, "cannot be read as zip");
        using var text = new StringContent("x");
        await (await client.PostAsync("/api/v1/tasks", text)).ShouldBeProblem(HttpStatusCode.UnsupportedMediaType);
    }

    /// <summary>The rest never comes; a studio that waited for it would have kept it all.</summary>
    [Fact]
    public async Task A_name_without_end_is_refused_before_all_of_it_has_come()
    {
        var address = client.BaseAddress.ShouldNotBeNull();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var visitor = new TcpClient();
        await visitor.ConnectAsync(address.Host, address.Port, limit.Token);
        await using var stream = visitor.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /api/v1/tasks HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 30000000\r\n\r\n"
            + $"--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\n{new string('a', 100_000)}"), limit.Token);
        var (answer, buffer) = ("", new byte[4096]);
        for (int read; !answer.Contains("traceId", StringComparison.Ordinal) && (read = await stream.ReadAsync(buffer, limit.Token)) > 0;)
            answer += Encoding.UTF8.GetString(buffer, 0, read);
        answer.ShouldStartWith("HTTP/1.1 400");
        answer.ShouldContain("has more than 1024 bytes; send the folder");
    }

    /// <summary>Of two of one name the first folder's counts: the upload would lie there unseen, and studies would use the other.</summary>
    [Fact]
    public async Task A_name_that_another_folder_has_is_refused()
    {
        var before = Tree();
        var mine = Studio.Zip(("task.json", TaskJson.Replace("mine", "sentiment", StringComparison.Ordinal)), ("train.tsv", Rows), ("dev.tsv", Rows));
        await (await client.PostAsync("/api/v1/tasks", Studio.Upload("another-name", ("task.zip", mine)))).ShouldBeProblem(HttpStatusCode.Conflict, "'sentiment' exists already", "its task.json");
        var tiny = new TinyBert(width: 8);
        await (await client.PostAsync("/api/v1/backbones", Studio.Upload("sample", ("config.json", tiny.Config), ("model.safetensors", tiny.Weights), ("vocab.txt", tiny.Vocabulary))))
            .ShouldBeProblem(HttpStatusCode.Conflict, "'sample' exists already", "choose another name");
        Tree().ShouldBe(before);
    }

    [Fact]
    public async Task What_a_studio_that_died_had_taken_in_is_removed_at_the_next_start()
    {
        await using var next = new Studio();
        var root = Path.Join(next.Data, "backbones");
        foreach (var name in new[] { ".incoming-2147483647-gone", ".incoming-1-lives", ".fetch-kept", "kept" })
            File.WriteAllText(Path.Join(Directory.CreateDirectory(Path.Join(root, name)).FullName, "config.json"), "{}");
        await next.StartAsync();
        Directory.GetDirectories(root).Select(Path.GetFileName).ShouldBe([".incoming-1-lives", ".fetch-kept", "kept"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_form_that_ends_within_the_name_is_refused()
    {
        using var form = new ByteArrayContent("--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nmi"u8.ToArray());
        form.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=b");
        await (await client.PostAsync("/api/v1/tasks", form)).ShouldBeProblem(HttpStatusCode.BadRequest, "the form cannot be read");
    }

    [Theory]
    [InlineData("task.json")]
    [InlineData("task.zip")]
    public async Task A_form_that_ends_within_a_file_is_refused_and_leaves_nothing(string file)
    {
        var before = Tree();
        using var whole = Studio.Upload("cut", (file, Encoding.UTF8.GetBytes(TaskJson)));
        using var form = new ByteArrayContent((await whole.ReadAsByteArrayAsync())[..^80]);
        form.Headers.ContentType = whole.Headers.ContentType;
        await (await client.PostAsync("/api/v1/tasks", form)).ShouldBeProblem(HttpStatusCode.BadRequest, "ends before its form does", "upload it again");
        Tree().ShouldBe(before);
    }

    private string[] Tree() => [.. Directory.EnumerateFileSystemEntries(studio.Data, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}
