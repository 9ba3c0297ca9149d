using System.Net;
using System.Text;
using PeftStudio.Formats.Hub;
using PeftStudio.Web.Fetching;

namespace PeftStudio.Web.Tests.Fetching;

/// <summary>What is refused before anything large is fetched, with which words, at which box.</summary>
public sealed class HubRefusalTests
{
    private const string Listing = "api/models/someone/tiny-bert/revision/main";

    [Theory]
    [InlineData(404, "RepoNotFound", 404, "name", "has no public repository 'someone/tiny-bert'")]
    [InlineData(401, "RepoNotFound", 404, "name", "look at the spelling")]
    [InlineData(401, null, 404, "name", "has no public repository")]
    [InlineData(404, "RevisionNotFound", 404, "revision", "has no revision 'main'")]
    [InlineData(401, "GatedRepo", 403, "name", "is gated")]
    [InlineData(403, "GatedRepo", 403, "name", "upload the folder")]
    [InlineData(403, null, 403, "name", "is gated")]
    [InlineData(429, null, 502, null, "asks to wait")]
    [InlineData(503, null, 502, null, "answered 503")]
    public async Task The_hubs_errors_are_told_in_words(int status, string? code, int told, string? field, string says)
    {
        await using var bench = new FetchBench();
        bench.Hub.Answer(Listing, status, code, "no");
        var refused = await Should.ThrowAsync<FetchRefused>(() => bench.FetchAsync());
        (refused.Status, refused.Field).ShouldBe((told, field));
        refused.Message.ShouldContain(says);
        bench.Files().ShouldBeEmpty();
    }

    /// <summary>The listing of a gated repository is public; its files are not.</summary>
    [Fact]
    public async Task A_gated_repository_is_met_at_its_config()
    {
        await using var bench = new FetchBench();
        bench.AddTiny();
        bench.Hub.Answer($"{FetchBench.Repository}/resolve/{bench.Hub.Commit}/config.json", 401, "GatedRepo", "Access is restricted");
        var refused = await Should.ThrowAsync<FetchRefused>(() => bench.FetchAsync());
        (refused.Status, refused.Field).ShouldBe((403, "name"));
        bench.Files().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_that_is_gone_in_between_fails_the_fetch_and_keeps_the_rest()
    {
        await using var bench = new FetchBench();
        bench.AddTiny();
        bench.Hub.Answer(bench.WeightsPath, 404, "EntryNotFound", "gone");
        var view = await bench.FetchAsync();
        view.State.ShouldBe(FetchState.Failed);
        view.Message.ShouldNotBeNull().ShouldContain("lists a file that it does not have");
        bench.Files().ShouldContain("backbones/.fetch-tiny-bert/parts/vocab.txt");
    }

    [Fact]
    public async Task A_repository_of_pickles_alone_is_refused_with_that_reason()
    {
        await using var bench = new FetchBench();
        bench.Hub.Add(FetchBench.Repository, ("config.json", FetchBench.Config), ("vocab.txt", FetchBench.Vocabulary), ("pytorch_model.bin", [0x80, 2, 0, 0]));
        var refused = await Should.ThrowAsync<FetchRefused>(() => bench.FetchAsync());
        refused.Message.ShouldContain("as pickles alone (pytorch_model.bin), which can run code when read");
        bench.Hub.Requests.ShouldHaveSingleItem().Path.ShouldBe(Listing);
        bench.Files().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{ "model_type": "mystery" }""", "unknown architecture")]
    [InlineData("""{ "model_type": "bert" }""", "'hidden_size' is missing")]
    [InlineData("""{ "model_type": "t5", "vocab_size": 100, "d_model": 16, "d_ff": 32, "num_layers": 2, "num_heads": 4 }""", "'d_kv' is missing")]
    [InlineData("[]", "is not a JSON object")]
    public async Task Only_an_architecture_that_the_studio_knows_is_fetched(string config, string says)
    {
        await using var bench = new FetchBench();
        bench.Hub.Add(FetchBench.Repository, ("config.json", Encoding.UTF8.GetBytes(config)), ("vocab.txt", FetchBench.Vocabulary), ("model.safetensors", FetchBench.Weights));
        (await Should.ThrowAsync<FetchRefused>(() => bench.FetchAsync())).Message.ShouldContain(says);
        bench.Hub.Requests.ShouldNotContain(request => request.Path.EndsWith(".safetensors"));
        bench.Files().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_repository_without_config_tokenizer_or_weights_says_which()
    {
        await using var bench = new FetchBench();
        bench.Hub.Add("a/b", ("README.md", [1]));
        (await Should.ThrowAsync<FetchRefused>(() => bench.FetchAsync("a/b"))).Message.ShouldContain("has neither model.safetensors");
        bench.Hub.Add("a/c", ("model.safetensors", FetchBench.Weights));
        (await Should.ThrowAsync<FetchRefused>(() => bench.FetchAsync("a/c"))).Message.ShouldContain("no config.json");
        bench.Hub.Add("a/d", ("model.safetensors", FetchBench.Weights), ("config.json", FetchBench.Config));
        (await Should.ThrowAsync<FetchRefused>(() => bench.FetchAsync("a/d"))).Message.ShouldContain("no tokenizer");
    }

    [Fact]
    public async Task A_hub_that_is_away_or_something_else_says_so()
    {
        await using var bench = new FetchBench();
        bench.Hub.Answer(Listing, 200, null, "<html>Welcome to the hotel</html>");
        (await Should.ThrowAsync<FetchRefused>(() => bench.FetchAsync())).Message.ShouldContain("the hub's answer");
        bench.Hub.Dispose();
        var away = await Should.ThrowAsync<FetchRefused>(() => bench.FetchAsync());
        (away.Status, away.Message.Contains("cannot be reached", StringComparison.Ordinal)).ShouldBe((502, true), away.Message);
    }

    public static TheoryData<string> HostileNames =>
    [
        "", " ", ".", "..", "../up", "a/..", "../../api/whoami", "a/../b", "a/b/c", "/a/b", "a//b", "a/b/", "a\\b", "a%2fb", "%2e%2e/x", "a/b?x=1", "a/b#x", "a b/c", "a/b\n", "a/b\0", "https://elsewhere.example/a",
        "elsewhere.example:80/a", "@elsewhere.example/a", "a/\uff0e\uff0e", "ä/b", "a/.hidden", "-a/b", "a/b.", "a/b--c", new string('a', 300), "a/" + new string('b', 97),
    ];

    [Theory]
    [MemberData(nameof(HostileNames))]
    public async Task A_hostile_name_or_revision_asks_nobody(string name)
    {
        await using var bench = new FetchBench();
        if (HubReference.NameProblem(name.Trim()) is not null)
            (await Should.ThrowAsync<FetchRefused>(() => bench.FetchAsync(name))).Field.ShouldBe("name");
        else
            name.ShouldBe("a/b\n", "the only one that trimming mends");
        if (name is not ("" or " " or "a/b/c" or "a/b--c" or "a/b\n"))
            (await Should.ThrowAsync<FetchRefused>(() => bench.Orders.BackboneAsync("a/b", name, null, CancellationToken.None))).Field.ShouldBe("revision");
        if (name is not ("" or " " or "ä/b") && (name.Trim() != name || name.Contains('/') || name.StartsWith('.')))
            (await Should.ThrowAsync<FetchRefused>(() => bench.Orders.BackboneAsync("a/b", null, name, CancellationToken.None))).Field.ShouldBe("as");
        bench.Hub.Requests.ShouldBeEmpty();
        bench.Files().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("bert-base-uncased")]
    [InlineData("google-bert/bert-base-uncased")]
    [InlineData("FacebookAI/roberta-base")]
    [InlineData("google/t5-v1_1-small")]
    [InlineData("a/b.c_d-e")]
    public void Real_names_are_names(string name) => HubReference.NameProblem(name).ShouldBeNull();

    [Theory]
    [InlineData("main")]
    [InlineData("v1.0")]
    [InlineData("refs/pr/7")]
    [InlineData("86b5e0934494bd15c9632b12f734a8a67f723594")]
    public void Real_revisions_are_revisions(string revision) => HubReference.RevisionProblem(revision).ShouldBeNull();

    [Theory]
    [InlineData("127.0.0.1", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("172.16.0.1", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.1.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700::1111", true)]
    public void A_public_host_leads_to_public_addresses_alone(string address, bool isPublic) => OutboundGuard.IsPublic(IPAddress.Parse(address)).ShouldBe(isPublic);
}
