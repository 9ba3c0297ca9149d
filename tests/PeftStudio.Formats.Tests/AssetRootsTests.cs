using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests;

public sealed class AssetRootsTests
{
    [Fact]
    public void A_root_is_one_itself_or_holds_some()
    {
        using var folder = new TempFolder();
        foreach (var file in new[] { "glue/SST-2/train.tsv", "glue/rte/dev.tsv", "glue/notes/read.me", "mine/task.json", "all/b/task.json", "all/a/task.json", "all/.incoming-1/task.json" })
            folder.Write(file, "x");
        Directory.CreateDirectory(folder["glue/WNLI"]);

        Tasks("glue").ShouldBe(["glue/SST-2", "glue/rte"]);
        Tasks("glue/SST-2").ShouldBe(["glue/SST-2"]);
        Tasks("mine", "all", "mine").ShouldBe(["mine", "all/a", "all/b"]);
        Tasks("absent", "all/a/task.json", "glue/notes").ShouldBeEmpty();
        AssetRoots.Tasks([folder["glue/SST-2"] + "/"]).ShouldBe([folder["glue/SST-2"] + "/"]);

        IEnumerable<string> Tasks(params string[] roots) => AssetRoots.Tasks([.. roots.Select(root => folder[root])]).Select(found => Path.GetRelativePath(folder.Path, found));
    }

    [Fact]
    public void Backbones_are_known_by_their_config()
    {
        using var folder = new TempFolder();
        foreach (var file in new[] { "one/config.json", "some/b/config.json", "some/a/config.json", "some/c/vocab.txt" })
            folder.Write(file, "{}");
        AssetRoots.Backbones([folder["one"], folder["some"]]).Select(found => Path.GetRelativePath(folder.Path, found)).ShouldBe(["one", "some/a", "some/b"]);
    }
}
