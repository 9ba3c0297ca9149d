using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests;

public sealed class SafePathTests
{
    public static TheoryData<string> Hostile =>
    [
        "..", "../x", "a/../../x", "a/..", ".", "./x", "a/./b", "...", "....//x", "/etc/passwd", "//host/share", "a//b", "a/", "/",
        "..\\x", "a\\b", "\\\\host\\x", "C:\\x", "C:/x", "c:x", "file:///etc/passwd", "%2e%2e/x", "%2e%2e%2fx", "%252e%252e%252fx", "..%2fx", "..%5cx", "%00",
        "..%c0%afx", "%c0%ae%c0%ae/x", "x\0.safetensors", "x#y", "x?y", "~/x", "~root", "x\ny", "x\ty", "x\u007F", "．．/x", "‥/x", "a／b", "a∕b", "a⁄b", "\u202Ex",
        "\u2024\u2024/x", "x;y", "x|y", "$HOME", "`x`", "x&y", "x*", "x:stream", " x", "x ", "x.", "a /b", "", "\uD800", "\u0085x",
    ];

    [Theory, MemberData(nameof(Hostile))]
    public void Hostile_names_are_refused(string name)
    {
        using var folder = new TempFolder();
        Should.Throw<UnsafePathException>(() => SafePath.Under(folder.Path, name));
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("model-00001-of-00002.safetensors")]
    [InlineData("a/b/c d.txt")]
    [InlineData("Größe_v1+2=3@x,y(1)[2].json")]
    [InlineData("a..b")]
    [InlineData(".hidden")]
    public void Plain_names_stay_below_the_root(string name)
    {
        using var folder = new TempFolder();
        SafePath.Under(folder.Path, name).ShouldBe(folder[name]);
        SafePath.Under(folder.Path + "/", name).ShouldBe(folder[name]);
    }

    [Fact]
    public void Links_that_lead_outside_are_refused_and_links_that_stay_are_followed()
    {
        using var folder = new TempFolder();
        using var outside = new TempFolder();
        outside.Write("secret", "s");
        var root = Directory.CreateDirectory(folder["root"]).FullName;
        Directory.CreateDirectory(folder["root-other"]);
        File.WriteAllText(folder["root/real"], "r");
        File.CreateSymbolicLink(folder["root/file"], outside["secret"]);
        File.CreateSymbolicLink(folder["root/folder"], outside.Path);
        File.CreateSymbolicLink(folder["root/up"], "..");
        File.CreateSymbolicLink(folder["root/neighbour"], "../root-other");
        File.CreateSymbolicLink(folder["root/inside"], "real");
        File.CreateSymbolicLink(folder["root/loop"], "loop");

        Should.Throw<UnsafePathException>(() => SafePath.Under(root, "file"));
        Should.Throw<UnsafePathException>(() => SafePath.Under(root, "folder/secret"));
        Should.Throw<UnsafePathException>(() => SafePath.Under(root, "folder/not-there-yet"));
        Should.Throw<UnsafePathException>(() => SafePath.Under(root, "up"));
        Should.Throw<UnsafePathException>(() => SafePath.Under(root, "neighbour/x"));
        Should.Throw<UnsafePathException>(() => SafePath.Under(root, "loop"));
        SafePath.Under(root, "inside").ShouldBe(folder["root/real"]);
    }

    [Fact]
    public void A_root_that_is_a_link_itself_is_fine()
    {
        using var folder = new TempFolder();
        folder.Write("real/x", "x");
        File.CreateSymbolicLink(folder["link"], folder["real"]);
        SafePath.Under(folder["link"], "x").ShouldBe(folder["real/x"]);
    }
}
