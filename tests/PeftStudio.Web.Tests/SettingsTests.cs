using Microsoft.Extensions.Configuration;
using PeftStudio.Web.Hosting;

namespace PeftStudio.Web.Tests;

public sealed class SettingsTests
{
    [Theory]
    [InlineData("http://0.0.0.0:5080", "", "no token is set")]
    [InlineData("http://192.168.1.4:5080", "", "no token is set")]
    [InlineData("http://studio.example", "", "no token is set")]
    [InlineData("http://0.0.0.0:5080", "short", "fewer than 16")]
    [InlineData("http://127.0.0.1:5080", "short", "fewer than 16")]
    [InlineData("ftp://127.0.0.1", "", "no http address")]
    [InlineData("5080", "", "no http address")]
    public void A_studio_that_anybody_could_reach_does_not_start(string address, string token, string says) =>
        Should.Throw<SettingsException>(() => Read(("Studio:Address", address), ("Studio:Token", token))).Message.ShouldContain(says);

    [Theory]
    [InlineData("http://127.0.0.1:5080", "")]
    [InlineData("http://localhost:5080", "")]
    [InlineData("http://[::1]:5080", "")]
    [InlineData("http://0.0.0.0:5080", "0123456789abcdef")]
    public void Others_start(string address, string token) => Read(("Studio:Address", address), ("Studio:Token", token)).Address.ShouldBe(new Uri(address));

    [Fact]
    public void The_port_alone_is_loopback() => Read(("Studio:Port", "5123")).Address.ShouldBe(new Uri("http://127.0.0.1:5123"));

    [Fact]
    public void The_environments_token_wins() => Read(("PEFTSTUDIO_TOKEN", "0123456789abcdef"), ("Studio:Token", "fedcba9876543210")).Token.ShouldBe("0123456789abcdef");

    [Fact]
    public void Folders_lie_below_the_root() =>
        Read(("Studio:BackboneFolders:0", "samples/backbones"), ("Studio:BackboneFolders:1", "/models")).BackboneFolders.ShouldBe(["/studio/samples/backbones", "/models"]);

    [Fact]
    public void A_missing_database_is_named() =>
        Should.Throw<SettingsException>(() => Read(("ConnectionStrings:Studio", ""))).Message.ShouldContain("ConnectionStrings:Studio");

    [Fact]
    public void Fetches_go_to_the_official_addresses_unless_a_mirror_is_named()
    {
        (Read().Hub, Read().Glue).ShouldBe((new Uri("https://huggingface.co/"), new Uri("https://dl.fbaipublicfiles.com/")));
        Read(("Studio:Hub", "http://mirror.example:8080/hub")).Hub.ShouldBe(new Uri("http://mirror.example:8080/hub/"));
        Read(("Studio:GlueSha256:RTE", new string('A', 64))).GlueSha256["RTE"].ShouldBe(new string('a', 64));
    }

    [Theory]
    [InlineData("Studio:Hub", "huggingface.co", "no http address")]
    [InlineData("Studio:Hub", "file:///models", "no http address")]
    [InlineData("Studio:Glue", "https://person:secret@mirror.example", "no http address")]
    [InlineData("Studio:GlueSha256:RTE", "abc", "64 hexadecimal digits")]
    public void A_mirror_that_is_none_is_named(string key, string value, string says) =>
        Should.Throw<SettingsException>(() => Read((key, value))).Message.ShouldSatisfyAllConditions(message => message.ShouldContain(key), message => message.ShouldContain(says));

    private static StudioSettings Read(params (string Key, string Value)[] pairs)
    {
        var values = new Dictionary<string, string?> { ["ConnectionStrings:Studio"] = "Host=nowhere" };
        foreach (var (key, value) in pairs)
            values[key] = value;
        return StudioSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(values).Build(), "/studio");
    }
}
