using System.Text;
using PeftStudio.Formats.Hub;

namespace PeftStudio.Formats.Tests.Hub;

public sealed class HubListingTests
{
    [Fact]
    public void A_backbone_of_many_shards_among_many_files_is_listed_in_order()
    {
        var shards = Enumerable.Range(0, 1_000).Select(i => $"{i:D4}.safetensors").ToArray();
        var listing = Listing([.. Enumerable.Range(0, 20_000).Select(i => $"other/{i}"), .. shards.Reverse(), "model.safetensors.index.json", "vocab.txt", "config.json"]);
        listing.Backbone(shards).Select(file => file.Name).ShouldBe(["config.json", "vocab.txt", "model.safetensors.index.json", .. shards]);
    }

    [Fact]
    public void Of_a_name_that_stands_twice_the_first_counts()
    {
        var json = """{"sha": "0123456789", "siblings": [{"rfilename": "config.json"}, {"rfilename": "vocab.txt"}, {"rfilename": "model.safetensors", "size": 1}, {"rfilename": "model.safetensors", "size": 2}]}""";
        HubListing.Read(Encoding.UTF8.GetBytes(json)).Backbone(null).Select(file => (file.Name, file.Size)).ShouldContain(("model.safetensors", 1L));
    }

    [Theory]
    [InlineData("gone.safetensors", "names 'gone.safetensors', and the repository does not have it")]
    [InlineData("a/b.safetensors", "names 'a/b.safetensors', which is no safetensors file beside it")]
    public void A_shard_that_is_not_there_is_named(string shard, string message) =>
        Should.Throw<InvalidDataException>(() => Listing(["model.safetensors.index.json", "vocab.txt", "config.json"]).Backbone([shard])).Message.ShouldContain(message);

    private static HubListing Listing(string[] names) =>
        HubListing.Read(Encoding.UTF8.GetBytes($$"""{"sha": "0123456789", "siblings": [{{string.Join(",", names.Select(name => $"{{\"rfilename\": \"{name}\"}}"))}}]}"""));
}
