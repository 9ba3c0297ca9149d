using System.Text;
using System.Text.Json.Nodes;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Tests;
using PeftStudio.Tests.Hub;
using PeftStudio.Web.Assets;
using PeftStudio.Web.Fetching;

namespace PeftStudio.Web.Tests.Fetching;

/// <summary>A backbone from a played hub: what comes, what is resumed, and what each trouble says and leaves behind.</summary>
public sealed class HubFetchTests
{
    [Fact]
    public async Task A_whole_repository_arrives_and_its_pickle_does_not()
    {
        await using var bench = new FetchBench();
        bench.AddTiny();
        var view = await bench.FetchAsync();
        view.State.ShouldBe(FetchState.Completed, view.Message);
        (view.Name, view.Bytes).ShouldBe(("tiny-bert", FetchBench.Config.Length + FetchBench.Vocabulary.Length + FetchBench.Weights.Length));
        view.Total.ShouldBe(view.Bytes);
        bench.Files().ShouldBe(["backbones/tiny-bert/config.json", "backbones/tiny-bert/model.safetensors", "backbones/tiny-bert/vocab.txt"]);
        File.ReadAllBytes(Path.Join(bench.Backbones, "tiny-bert", "model.safetensors")).ShouldBe(FetchBench.Weights);
        bench.Hub.Requests.ShouldNotContain(asked => asked.Path.Contains(".bin") || asked.Path.Contains("README"));
    }

    [Fact]
    public async Task A_revision_with_slashes_is_another_content_than_main()
    {
        await using var bench = new FetchBench();
        var proposed = FetchBench.OtherWeights;
        bench.Hub.AddAt("refs/pr/7", FetchBench.Repository, ("config.json", FetchBench.Config), ("vocab.txt", FetchBench.Vocabulary), ("model.safetensors", proposed));
        var commit = bench.Hub.Commit;
        bench.AddTiny();
        var view = await bench.FetchAsync(revision: "refs/pr/7");
        (view.State, view.What).ShouldBe((FetchState.Completed, $"{FetchBench.Repository} at refs/pr/7"), view.Message);
        File.ReadAllBytes(Path.Join(bench.Backbones, "tiny-bert", "model.safetensors")).ShouldBe(proposed);
        // The slash of a name is escaped; the files are asked for by the commit that the hub named.
        bench.Hub.Requests.First().Path.ShouldBe($"api/models/{FetchBench.Repository}/revision/refs%2Fpr%2F7");
        bench.Hub.Requests.Skip(1).ShouldAllBe(asked => asked.Path.StartsWith($"{FetchBench.Repository}/resolve/{commit}/"));
        (await Should.ThrowAsync<FetchRefused>(() => bench.FetchAsync(target: "absent", revision: "refs/pr/8"))).Message.ShouldContain("with a revision 'refs/pr/8'");
    }

    [Fact]
    public async Task A_commit_stays_what_it_was_when_main_has_moved_on()
    {
        await using var bench = new FetchBench();
        bench.AddTiny();
        var commit = bench.Hub.Commit;
        bench.Hub.Add(FetchBench.Repository, ("config.json", FetchBench.Config), ("vocab.txt", FetchBench.Vocabulary), ("model.safetensors", FetchBench.OtherWeights));
        bench.Hub.Commit.ShouldNotBe(commit);
        var view = await bench.FetchAsync(revision: commit);
        view.State.ShouldBe(FetchState.Completed, view.Message);
        File.ReadAllBytes(Path.Join(bench.Backbones, "tiny-bert", "model.safetensors")).ShouldBe(FetchBench.Weights);
        (await bench.FetchAsync(target: "now")).State.ShouldBe(FetchState.Completed);
        File.ReadAllBytes(Path.Join(bench.Backbones, "now", "model.safetensors")).ShouldNotBe(FetchBench.Weights);
    }

    [Fact]
    public async Task Shards_come_by_their_index()
    {
        await using var bench = new FetchBench();
        var tensors = FetchBench.Tiny.Tensors();
        var index = new JsonObject { ["weight_map"] = new JsonObject(tensors.Select((tensor, i) => KeyValuePair.Create<string, JsonNode?>(tensor.Key, i < 5 ? "model-1.safetensors" : "model-2.safetensors"))) };
        bench.Hub.Add(FetchBench.Repository, ("config.json", FetchBench.Config), ("vocab.txt", FetchBench.Vocabulary), ("model.safetensors.index.json", Encoding.UTF8.GetBytes(index.ToJsonString())),
            ("model-1.safetensors", SafetensorsWriter.ToBytes(tensors.Take(5))), ("model-2.safetensors", SafetensorsWriter.ToBytes(tensors.Skip(5))), ("other.safetensors", [1]));
        var view = await bench.FetchAsync(target: "in shards");
        view.State.ShouldBe(FetchState.Completed, view.Message);
        Directory.GetFiles(Path.Join(bench.Backbones, "in shards")).Length.ShouldBe(5);
    }

    [Theory]
    [InlineData("../../up.safetensors")]
    [InlineData("sub/model.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("model.bin")]
    [InlineData("absent.safetensors")]
    public async Task An_index_names_files_beside_it_alone(string shard)
    {
        await using var bench = new FetchBench();
        bench.Hub.Add(FetchBench.Repository, ("config.json", FetchBench.Config), ("vocab.txt", FetchBench.Vocabulary), ("../../up.safetensors", [1]), ("sub/model.safetensors", [1]), ("/etc/passwd", [1]), ("model.bin", [1]),
            ("model.safetensors.index.json", Encoding.UTF8.GetBytes($$"""{ "weight_map": { "bert.encoder.a": "{{shard}}" } }""")));
        (await Should.ThrowAsync<FetchRefused>(() => bench.FetchAsync())).Message.ShouldContain("model.safetensors.index.json names");
        bench.Files().ShouldBeEmpty();
    }

    /// <summary>The repository has it, and no folder of the studio's takes the name.</summary>
    [Fact]
    public async Task A_shard_whose_name_no_folder_takes_is_refused_before_anything_is_begun()
    {
        await using var bench = new FetchBench();
        bench.Hub.Add(FetchBench.Repository, ("config.json", FetchBench.Config), ("vocab.txt", FetchBench.Vocabulary), ("model~1.safetensors", [1]),
            ("model.safetensors.index.json", """{ "weight_map": { "bert.encoder.a": "model~1.safetensors" } }"""u8.ToArray()));
        var refused = await Should.ThrowAsync<FetchRefused>(() => bench.FetchAsync());
        (refused.Status, refused.Field).ShouldBe((400, "name"));
        refused.Message.ShouldContain("'model~1.safetensors' has the character U+007E");
        Directory.Exists(bench.Backbones).ShouldBeFalse();
        bench.Desk.List().ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cut_connection_keeps_what_came_and_the_rest_alone_is_asked_for(bool restart)
    {
        await using var bench = new FetchBench();
        bench.AddTiny();
        bench.Hub.CutOnceAfter[bench.WeightsPath] = 150_000;
        var view = await bench.FetchAsync();
        view.State.ShouldBe(FetchState.Failed);
        view.Message.ShouldNotBeNull().ShouldContain("was cut; what is here is kept");
        var kept = (int)new FileInfo(Path.Join(bench.Backbones, ".fetch-tiny-bert", "parts", "model.safetensors.part")).Length;
        kept.ShouldBeInRange(1, 150_000);
        view.Bytes.ShouldBe(kept + FetchBench.Config.Length + FetchBench.Vocabulary.Length);
        bench.Files().ShouldNotContain(file => file.StartsWith("backbones/tiny-bert", StringComparison.Ordinal));
        if (restart)
            await bench.RestartAsync();
        bench.Hub.Requests.Clear();

        view = restart ? await bench.FetchAsync() : await bench.EndAsync((await bench.Desk.AgainAsync(view.Id, CancellationToken.None))!);
        view.State.ShouldBe(FetchState.Completed, view.Message);
        var asked = bench.Hub.Requests.Where(request => request.Path == bench.WeightsPath).ShouldHaveSingleItem();
        (asked.Range, asked.IfRange).ShouldBe(($"bytes={kept}-", $"\"{PlayedHub.Sha256(FetchBench.Weights)[..16]}\""));
        bench.Hub.Requests.ShouldNotContain(request => request.Path.EndsWith("vocab.txt"), "what is complete is not fetched again");
        File.ReadAllBytes(Path.Join(bench.Backbones, "tiny-bert", "model.safetensors")).ShouldBe(FetchBench.Weights);
        bench.Desk.List().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_server_that_ignores_the_range_sends_the_file_anew()
    {
        await using var bench = new FetchBench();
        bench.AddTiny();
        bench.Hub.CutOnceAfter[bench.WeightsPath] = 150_000;
        bench.Hub.IgnoresRange = true;
        (await bench.FetchAsync()).State.ShouldBe(FetchState.Failed);
        var view = await bench.FetchAsync();
        view.State.ShouldBe(FetchState.Completed, view.Message);
        bench.Hub.Requests.ShouldContain(request => request.Range != null);
        File.ReadAllBytes(Path.Join(bench.Backbones, "tiny-bert", "model.safetensors")).ShouldBe(FetchBench.Weights);
    }

    [Fact]
    public async Task Parts_of_another_commit_are_not_mixed_in()
    {
        await using var bench = new FetchBench();
        bench.AddTiny();
        bench.Hub.CutOnceAfter[bench.WeightsPath] = 150_000;
        (await bench.FetchAsync()).State.ShouldBe(FetchState.Failed);
        var other = FetchBench.OtherWeights;
        bench.Hub.Add(FetchBench.Repository, ("config.json", FetchBench.Config), ("vocab.txt", FetchBench.Vocabulary), ("model.safetensors", other));
        bench.Hub.Requests.Clear();
        (await bench.FetchAsync()).State.ShouldBe(FetchState.Completed);
        bench.Hub.Requests.ShouldAllBe(request => request.Range == null);
        File.ReadAllBytes(Path.Join(bench.Backbones, "tiny-bert", "model.safetensors")).ShouldBe(other);
    }

    /// <summary>All of it arrives whole, and no study could use it.</summary>
    [Theory]
    [InlineData("bert.encoder.layer.0.output.dense.bias", "model.safetensors: tensor 'bert.encoder.layer.0.output.dense.bias': is missing")]
    [InlineData(null, "vocab.txt: ")]
    public async Task What_no_worker_could_load_is_not_made_a_backbone(string? lacks, string says)
    {
        await using var bench = new FetchBench();
        bench.Hub.Add(FetchBench.Repository, ("config.json", FetchBench.Config), ("vocab.txt", lacks is null ? "a\na\n"u8.ToArray() : FetchBench.Vocabulary),
            ("model.safetensors", SafetensorsWriter.ToBytes(FetchBench.Tiny.Tensors().Where(tensor => tensor.Key != lacks))));
        var view = await bench.FetchAsync();
        view.State.ShouldBe(FetchState.Failed);
        view.Message.ShouldNotBeNull().ShouldStartWith(says);
        bench.Files().ShouldNotContain(file => file.StartsWith("backbones/tiny-bert", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wrong_checksum_throws_that_file_away_and_keeps_the_others()
    {
        await using var bench = new FetchBench();
        bench.AddTiny();
        var damaged = FetchBench.Weights.ToArray();
        damaged[^1] ^= 1;
        bench.Hub.AddFile(bench.WeightsPath, damaged);
        var view = await bench.FetchAsync();
        view.State.ShouldBe(FetchState.Failed);
        view.Message.ShouldNotBeNull().ShouldContain($"{PlayedHub.Sha256(FetchBench.Weights)} was announced");
        bench.Files().ShouldBe(["backbones/.fetch-tiny-bert/origin", "backbones/.fetch-tiny-bert/parts/config.json", "backbones/.fetch-tiny-bert/parts/vocab.txt"]);

        bench.Hub.AddFile(bench.WeightsPath, FetchBench.Weights);
        (await bench.FetchAsync()).State.ShouldBe(FetchState.Completed);
    }

    [Fact]
    public async Task A_small_file_of_the_same_length_with_another_byte_is_thrown_away()
    {
        await using var bench = new FetchBench();
        bench.AddTiny();
        var damaged = FetchBench.Vocabulary.ToArray();
        damaged[^2] ^= 1;
        var path = PlayedHub.Resolve(FetchBench.Repository, bench.Hub.Commit, "vocab.txt");
        bench.Hub.AddFile(path, damaged);
        var view = await bench.FetchAsync();
        view.State.ShouldBe(FetchState.Failed);
        view.Message.ShouldNotBeNull().ShouldContain(
            $"vocab.txt arrived damaged: its git blob id is {PlayedHub.BlobId(damaged)}, and {PlayedHub.BlobId(FetchBench.Vocabulary)} was announced");
        bench.Files().ShouldBe(["backbones/.fetch-tiny-bert/origin", "backbones/.fetch-tiny-bert/parts/config.json"]);
        bench.Hub.AddFile(path, FetchBench.Vocabulary);
        (await bench.FetchAsync()).State.ShouldBe(FetchState.Completed);
    }

    /// <summary>As <c>printf 'hello\n' | git hash-object --stdin</c> has it.</summary>
    [Fact]
    public async Task A_blob_id_is_gits()
    {
        using var files = new TempFolder();
        var announced = new Checksum(ChecksumKind.GitBlob, "ce013625030ba8dba906f756967f9e9ca394464a");
        (await announced.OfAsync(files.Write("hello", "hello\n"), CancellationToken.None)).ShouldBe(announced);
        (await announced.OfAsync(files.Write("other", "hellp\n"), CancellationToken.None)).ShouldNotBe(announced);
    }

    [Fact]
    public async Task A_server_that_sends_more_than_it_announced_is_stopped()
    {
        await using var bench = new FetchBench();
        bench.AddTiny();
        bench.Hub.AddFile(bench.WeightsPath, [.. FetchBench.Weights, 0]);
        var view = await bench.FetchAsync();
        view.Message.ShouldNotBeNull().ShouldContain($"sends {FetchBench.Weights.Length + 1} bytes of model.safetensors, which was announced with {FetchBench.Weights.Length}");
        bench.Files().ShouldNotContain(file => file.Contains("model.safetensors"));
    }

    [Fact]
    public async Task Large_files_come_from_the_host_that_the_hub_redirects_to_and_its_word_on_them_counts()
    {
        using var large = new PlayedHub("localhost");
        await using var bench = new FetchBench();
        (bench.Hub.LargeFiles, bench.Hub.TellsBlobs) = (large, false);
        bench.AddTiny();
        var view = await bench.FetchAsync();
        view.State.ShouldBe(FetchState.Completed, view.Message);
        view.Total.ShouldBe(view.Bytes);
        large.Requests.ShouldHaveSingleItem().Path.ShouldBe("large/" + PlayedHub.Sha256(FetchBench.Weights));

        // The same hub, whose large file was changed behind its back.
        large.AddFile("large/" + PlayedHub.Sha256(FetchBench.Weights), new byte[FetchBench.Weights.Length]);
        view = await bench.FetchAsync(target: "again");
        (view.State, view.Message).ShouldSatisfyAllConditions(() => view.State.ShouldBe(FetchState.Failed), () => view.Message.ShouldNotBeNull().ShouldContain("arrived damaged"));
    }

    [Theory]
    [InlineData("file:///etc/passwd", "to file")]
    [InlineData("ftp://elsewhere.example/x", "to ftp")]
    [InlineData("gopher://127.0.0.1/", "to gopher")]
    [InlineData("", "redirected more than 10 times")]
    public async Task A_redirect_to_anything_but_http_is_not_followed(string location, string says)
    {
        await using var bench = new FetchBench();
        bench.Hub.RedirectsTo = location.Length > 0 ? location : bench.Hub.Address.ToString();
        var refused = await Should.ThrowAsync<FetchRefused>(() => bench.FetchAsync());
        refused.Message.ShouldContain(says);
        refused.Status.ShouldBe(502);
    }

    [Fact]
    public async Task A_full_disk_keeps_what_fits()
    {
        var room = new long[] { 200_000 };
        await using var bench = new FetchBench(DataDisk.Real with { Open = path => new FullDisk(DataDisk.Real.Open(path), room) });
        bench.AddTiny();
        var view = await bench.FetchAsync();
        view.State.ShouldBe(FetchState.Failed);
        view.Message.ShouldNotBeNull().ShouldSatisfyAllConditions(message => message.ShouldContain("No space left"), message => message.ShouldContain("make room and fetch again"));
        await bench.RestartAsync();
        bench.Hub.Requests.Clear();
        (await bench.FetchAsync()).State.ShouldBe(FetchState.Completed);
        bench.Hub.Requests.Where(request => request.Path == bench.WeightsPath).ShouldHaveSingleItem().Range.ShouldNotBeNull();
        File.ReadAllBytes(Path.Join(bench.Backbones, "tiny-bert", "model.safetensors")).ShouldBe(FetchBench.Weights);
    }

    [Fact]
    public async Task What_has_no_room_is_not_begun()
    {
        await using var bench = new FetchBench(DataDisk.Real with { Free = _ => 1_000 });
        bench.AddTiny();
        var refused = await Should.ThrowAsync<FetchRefused>(() => bench.FetchAsync());
        (refused.Status, refused.Message.Contains("make room", StringComparison.Ordinal)).ShouldBe((507, true), refused.Message);
        bench.Hub.Requests.ShouldNotContain(request => request.Path == bench.WeightsPath);
        bench.Desk.List().ShouldBeEmpty();
        bench.Files().ShouldBeEmpty("nobody could discard it");
    }

    [Fact]
    public async Task What_has_no_room_leaves_the_parts_of_another_commit_until_they_make_the_room()
    {
        var free = long.MaxValue / 2;
        await using var bench = new FetchBench(DataDisk.Real with { Free = _ => free });
        bench.AddTiny();
        bench.Hub.CutOnceAfter[bench.WeightsPath] = 150_000;
        (await bench.FetchAsync()).State.ShouldBe(FetchState.Failed);
        var kept = bench.Files();
        kept.ShouldContain("backbones/.fetch-tiny-bert/parts/model.safetensors.part");

        bench.Hub.Add(FetchBench.Repository, ("config.json", FetchBench.Config), ("vocab.txt", FetchBench.Vocabulary), ("model.safetensors", FetchBench.Weights), ("README.md", [1, 2]));
        var stale = new DirectoryInfo(Path.Join(bench.Backbones, ".fetch-tiny-bert")).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        free = FetchBench.Config.Length + FetchBench.Vocabulary.Length + FetchBench.Weights.Length - stale - 1;
        (await Should.ThrowAsync<FetchRefused>(() => bench.FetchAsync())).Status.ShouldBe(507);
        bench.Files().ShouldBe(kept);

        free += 1;
        bench.Hub.Requests.Clear();
        (await bench.FetchAsync()).State.ShouldBe(FetchState.Completed);
        bench.Hub.Requests.ShouldAllBe(request => request.Range == null);
    }

    [Fact]
    public async Task What_is_larger_than_the_limit_is_not_begun()
    {
        await using var bench = new FetchBench(mostBytes: 100_000);
        bench.AddTiny();
        (await Should.ThrowAsync<FetchRefused>(() => bench.FetchAsync())).Message.ShouldContain("Studio:UploadMegabytes");
    }
}
