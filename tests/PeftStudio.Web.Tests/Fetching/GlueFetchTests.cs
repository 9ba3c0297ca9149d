using System.Text;
using PeftStudio.Formats.Tasks;
using PeftStudio.Tests.Hub;
using PeftStudio.Web.Assets;
using PeftStudio.Web.Fetching;

namespace PeftStudio.Web.Tests.Fetching;

/// <summary>GLUE's tasks from a played address, with checksums of the played files in place of the recorded ones.</summary>
public sealed class GlueFetchTests
{
    private const string Pairs = "index\tsentence1\tsentence2\tlabel\n0\ta\tb\tentailment\n1\tc\td\tnot_entailment\n";

    private static readonly byte[] Rte = Studio.Zip(("RTE/train.tsv", Pairs), ("RTE/dev.tsv", Pairs), ("RTE/test.tsv", "x"), ("../../up.tsv", "x"), ("/etc/up.tsv", "x"), ("RTE/original/a.tsv", "x"));

    private static readonly byte[] MrpcIds = "3\t4\n"u8.ToArray();

    private static readonly byte[] MrpcPairs = Encoding.UTF8.GetBytes("\ufeffQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\r\n1\t1\t2\tA \"quoted\" word\tb\r\n0\t3\t4\tc\td\r\n1\t4\t3\te\tf\r\n");

    [Fact]
    public async Task An_archive_becomes_a_task_of_the_two_files_that_are_read()
    {
        await using var bench = With("RTE", Rte);
        bench.Hub.AddFile("glue/data/RTE.zip", Rte);
        var view = await bench.EndAsync(await bench.Orders.TaskAsync("rte", CancellationToken.None));
        (view.State, view.Name, view.Kind).ShouldBe((FetchState.Completed, "RTE", FetchKind.Task), view.Message);
        bench.Files().ShouldBe(["tasks/RTE/dev.tsv", "tasks/RTE/train.tsv"]);
        TaskCatalog.Describe(Path.Join(bench.Tasks, "RTE")).Train.ShouldNotBeNull().Rows.ShouldBe(2);

        var again = await Should.ThrowAsync<FetchRefused>(() => bench.Orders.TaskAsync("RTE", CancellationToken.None));
        (again.Status, again.Message.Contains("exists already", StringComparison.Ordinal)).ShouldBe((409, true));
    }

    /// <summary>A task's name is that in its task.json, whatever its folder is called.</summary>
    [Fact]
    public async Task A_name_that_a_task_of_ones_own_has_is_refused()
    {
        await using var bench = With("RTE", Rte);
        bench.Hub.AddFile("glue/data/RTE.zip", Rte);
        var mine = Directory.CreateDirectory(Path.Join(bench.Tasks, "zz-my-rte")).FullName;
        await File.WriteAllTextAsync(Path.Join(mine, "task.json"),
            """{"name": "RTE", "files": {"train": "train.tsv", "dev": "dev.tsv"}, "columns": {"text": "text", "label": "label"}, "labels": ["no", "yes"], "metrics": ["accuracy"]}""");
        var refused = await Should.ThrowAsync<FetchRefused>(() => bench.Orders.TaskAsync("RTE", CancellationToken.None));
        (refused.Status, refused.Message).ShouldBe((409, $"a task called 'RTE' exists already, in {mine}; rename or remove that one"));
        bench.Hub.Requests.ShouldBeEmpty();
        bench.Files().ShouldBe(["tasks/zz-my-rte/task.json"]);
    }

    [Fact]
    public async Task A_cut_archive_is_resumed_and_the_bytes_are_the_same()
    {
        await using var bench = With("RTE", Rte);
        bench.Hub.AddFile("glue/data/RTE.zip", Rte);
        bench.Hub.CutOnceAfter["glue/data/RTE.zip"] = 100;
        (await bench.EndAsync(await bench.Orders.TaskAsync("RTE", CancellationToken.None))).Message.ShouldNotBeNull().ShouldContain("was cut");
        var view = await bench.EndAsync(await bench.Orders.TaskAsync("RTE", CancellationToken.None));
        view.State.ShouldBe(FetchState.Completed, view.Message);
        bench.Hub.Requests.Last().Range.ShouldNotBeNull().ShouldStartWith("bytes=");
        File.ReadAllText(Path.Join(bench.Tasks, "RTE", "train.tsv")).ShouldBe(Pairs);
    }

    [Fact]
    public async Task A_redirect_is_followed_and_the_recorded_checksum_still_counts()
    {
        using var elsewhere = new PlayedHub("localhost");
        await using var bench = With("RTE", Rte);
        bench.Hub.RedirectsTo = new Uri(elsewhere.Address, "moved/RTE.zip").ToString();
        elsewhere.AddFile("moved/RTE.zip", [.. Rte[..^1], (byte)(Rte[^1] ^ 1)]);
        (await bench.EndAsync(await bench.Orders.TaskAsync("RTE", CancellationToken.None))).Message.ShouldNotBeNull().ShouldContain($"{PlayedHub.Sha256(Rte)} was announced");
        elsewhere.AddFile("moved/RTE.zip", Rte);
        var view = await bench.EndAsync(await bench.Orders.TaskAsync("RTE", CancellationToken.None));
        view.State.ShouldBe(FetchState.Completed, view.Message);
        bench.Hub.Requests.ShouldAllBe(asked => asked.Path == "glue/data/RTE.zip");
        elsewhere.Requests.Count.ShouldBe(2);
        bench.Files().ShouldBe(["tasks/RTE/dev.tsv", "tasks/RTE/train.tsv"]);
    }

    /// <summary>The disk fills up while the archive comes, or in the first or the second file that is taken out of it.</summary>
    [Theory]
    [InlineData("RTE.zip")]
    [InlineData("train.tsv")]
    [InlineData("dev.tsv")]
    public async Task A_full_disk_keeps_what_came_and_nothing_half_unpacked(string file)
    {
        var (unpacking, room) = (file != "RTE.zip", new long[] { file switch { "RTE.zip" => 100, "train.tsv" => Rte.Length + 20, _ => Rte.Length + Pairs.Length + 20 } });
        await using var bench = With("RTE", Rte, DataDisk.Real with { Open = path => new FullDisk(DataDisk.Real.Open(path), room) });
        bench.Hub.AddFile("glue/data/RTE.zip", Rte);
        var view = await bench.EndAsync(await bench.Orders.TaskAsync("RTE", CancellationToken.None));
        view.State.ShouldBe(FetchState.Failed);
        view.Message.ShouldNotBeNull().ShouldSatisfyAllConditions(message => message.ShouldContain("No space left"), message => message.ShouldContain("make room and fetch again"));
        bench.Files().ShouldBe(unpacking
            ? ["tasks/.fetch-RTE/origin", "tasks/.fetch-RTE/parts/RTE.zip"]
            : ["tasks/.fetch-RTE/origin", "tasks/.fetch-RTE/parts/RTE.zip.etag", "tasks/.fetch-RTE/parts/RTE.zip.part"]);
        bench.Hub.Requests.Clear();
        await bench.RestartAsync();
        (await bench.EndAsync(await bench.Orders.TaskAsync("RTE", CancellationToken.None))).State.ShouldBe(FetchState.Completed);
        bench.Hub.Requests.Count.ShouldBe(unpacking ? 0 : 1);
        File.ReadAllText(Path.Join(bench.Tasks, "RTE", "dev.tsv")).ShouldBe(Pairs);
        bench.Files().ShouldBe(["tasks/RTE/dev.tsv", "tasks/RTE/train.tsv"]);
    }

    [Fact]
    public async Task What_has_no_room_when_unpacked_is_not_unpacked()
    {
        var written = new List<string>();
        await using var bench = With("RTE", Rte, DataDisk.Real with { Open = path => { written.Add(Path.GetFileName(path)); return DataDisk.Real.Open(path); }, Free = _ => (2 * Pairs.Length) - 1 });
        // No size is recorded beside a checksum of one's own: what comes is known when it is here.
        bench.Hub.AddFile("glue/data/RTE.zip", Rte);
        var view = await bench.EndAsync(await bench.Orders.TaskAsync("RTE", CancellationToken.None));
        (view.State, view.Message).ShouldBe((FetchState.Failed, "GLUE's RTE, unpacked, needs 1 MB more, and the data folder's disk has 1 MB left; make room and fetch again"));
        written.ShouldBe(["RTE.zip.part"]);
        bench.Files().ShouldBe(["tasks/.fetch-RTE/origin", "tasks/.fetch-RTE/parts/RTE.zip"]);
    }

    /// <summary>As where the process ended while it unpacked: a longer file lies there.</summary>
    [Fact]
    public async Task What_an_ended_process_had_unpacked_is_made_anew()
    {
        await using var bench = With("RTE", Rte);
        bench.Hub.AddFile("glue/data/RTE.zip", [1]);
        (await bench.EndAsync(await bench.Orders.TaskAsync("RTE", CancellationToken.None))).State.ShouldBe(FetchState.Failed);
        var made = Directory.CreateDirectory(Path.Join(bench.Tasks, ".fetch-RTE", "made")).FullName;
        File.WriteAllText(Path.Join(made, "train.tsv"), Pairs + "half a row");
        File.WriteAllText(Path.Join(made, "other.tsv"), "x");
        bench.Hub.AddFile("glue/data/RTE.zip", Rte);
        (await bench.EndAsync(await bench.Orders.TaskAsync("RTE", CancellationToken.None))).State.ShouldBe(FetchState.Completed);
        bench.Files().ShouldBe(["tasks/RTE/dev.tsv", "tasks/RTE/train.tsv"]);
        File.ReadAllText(Path.Join(bench.Tasks, "RTE", "train.tsv")).ShouldBe(Pairs);
    }

    [Fact]
    public async Task Mrpc_is_put_together_from_its_two_files()
    {
        await using var bench = Mrpc();
        var view = await bench.EndAsync(await bench.Orders.TaskAsync("MRPC", CancellationToken.None));
        view.State.ShouldBe(FetchState.Completed, view.Message);
        var task = TaskFolder.Open(Path.Join(bench.Tasks, "MRPC"));
        task.ReadTrain().Rows.Select(row => (row.Text, row.Target)).ShouldBe([("A \"quoted\" word", 1f), ("e", 1f)]);
        task.ReadDev().Rows.ShouldHaveSingleItem().Text.ShouldBe("c");
    }

    [Fact]
    public async Task Mrpcs_rows_on_a_full_disk_leave_its_two_files_alone()
    {
        var room = new long[] { MrpcIds.Length + MrpcPairs.Length + 10 };
        await using var bench = Mrpc(DataDisk.Real with { Open = path => new FullDisk(DataDisk.Real.Open(path), room) });
        (await bench.EndAsync(await bench.Orders.TaskAsync("MRPC", CancellationToken.None))).Message.ShouldNotBeNull().ShouldContain("No space left");
        bench.Files().ShouldBe(["tasks/.fetch-MRPC/origin", "tasks/.fetch-MRPC/parts/mrpc_dev_ids.tsv", "tasks/.fetch-MRPC/parts/msr_paraphrase_train.txt"]);
    }

    [Fact]
    public async Task The_recorded_checksum_is_asked_for()
    {
        await using var bench = new FetchBench();
        bench.Hub.AddFile("glue/data/WNLI.zip", new byte[28_999]);
        var view = await bench.EndAsync(await bench.Orders.TaskAsync("WNLI", CancellationToken.None));
        view.Message.ShouldNotBeNull().ShouldContain("ae0e8e4d16f4d46d4a0a566ec7ecceccfd3fbfaa4a7a4b4e02848c0f2561ac46 was announced");
        bench.Files().ShouldBe(["tasks/.fetch-WNLI/origin"]);
    }

    [Theory]
    [InlineData(false, "cannot be read as zip")]
    [InlineData(true, "has no RTE/train.tsv")]
    public async Task An_archive_of_something_else_is_refused(bool zip, string says)
    {
        var archive = zip ? Studio.Zip(("Other/train.tsv", Pairs)) : [1, 2, 3];
        await using var bench = With("RTE", archive);
        bench.Hub.AddFile("glue/data/RTE.zip", archive);
        (await bench.EndAsync(await bench.Orders.TaskAsync("RTE", CancellationToken.None))).Message.ShouldNotBeNull().ShouldContain(says);
        Directory.Exists(Path.Join(bench.Tasks, "RTE")).ShouldBeFalse();
    }

    [Theory]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(500)]
    public async Task An_address_that_is_gone_says_so(int status)
    {
        await using var bench = new FetchBench();
        bench.Hub.Answer("glue/data/CoLA.zip", status, null, "no");
        var message = (await bench.EndAsync(await bench.Orders.TaskAsync("CoLA", CancellationToken.None))).Message.ShouldNotBeNull();
        message.ShouldContain($"answered {status} to /glue/data/CoLA.zip");
        message.ShouldContain(status == 500 ? "try again later" : "Studio:Glue may name a mirror");
    }

    [Theory]
    [InlineData("")]
    [InlineData("AX")]
    [InlineData("../RTE")]
    [InlineData("RTE.zip")]
    public async Task A_task_that_is_none_of_glues_is_refused(string name)
    {
        await using var bench = new FetchBench();
        (await Should.ThrowAsync<FetchRefused>(() => bench.Orders.TaskAsync(name, CancellationToken.None))).Message.ShouldContain("none of GLUE's tasks: CoLA, SST-2");
        bench.Hub.Requests.ShouldBeEmpty();
    }

    [Fact]
    public void There_is_an_address_for_each_of_the_nine() => GlueArchive.All.Select(archive => archive.Task).ShouldBe(GlueTasks.All.Select(task => task.Name));

    private static FetchBench Mrpc(DataDisk? disk = null)
    {
        var bench = new FetchBench(disk, checksums: new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["mrpc_dev_ids"] = PlayedHub.Sha256(MrpcIds),
            ["msr_paraphrase_train"] = PlayedHub.Sha256(MrpcPairs),
        });
        bench.Hub.AddFile("glue/data/mrpc_dev_ids.tsv", MrpcIds);
        bench.Hub.AddFile("senteval/senteval_data/msr_paraphrase_train.txt", MrpcPairs);
        return bench;
    }

    private static FetchBench With(string file, byte[] content, DataDisk? disk = null) => new(disk, checksums: new Dictionary<string, string>(StringComparer.Ordinal) { [file] = PlayedHub.Sha256(content) });
}
