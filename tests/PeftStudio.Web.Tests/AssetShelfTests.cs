using PeftStudio.Tests;
using PeftStudio.Web.Assets;
using PeftStudio.Web.Tests.Fetching;

namespace PeftStudio.Web.Tests;

public sealed class AssetShelfTests
{
    /// <summary>Somebody may be writing a file, or a drive may be away for a moment: neither changes the file's time.</summary>
    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("vocab.txt")]
    public async Task What_could_not_be_read_once_is_read_when_it_can_be(string locked)
    {
        await using var bench = new FetchBench();
        var folder = Directory.CreateDirectory(Path.Join(bench.Settings.UploadedBackbones, "tiny")).FullName;
        foreach (var (name, bytes) in new[] { ("config.json", FetchBench.Config), ("vocab.txt", FetchBench.Vocabulary), ("model.safetensors", FetchBench.Weights) })
            await File.WriteAllBytesAsync(Path.Join(folder, name), bytes);
        var shelf = new AssetShelf(bench.Settings);

        using (new FileStream(Path.Join(folder, locked), FileMode.Open, FileAccess.Read, FileShare.None))
            (await shelf.BackboneOf("tiny", CancellationToken.None)).ShouldNotBeNull().Error.ShouldNotBeNull().ShouldContain(locked);
        var listed = (await shelf.BackboneOf("tiny", CancellationToken.None)).ShouldNotBeNull();
        listed.Error.ShouldBeNull();
        // What can be used is read once.
        (await shelf.BackboneOf("tiny", CancellationToken.None)).ShouldBeSameAs(listed);
    }

    [Fact]
    public async Task A_root_may_be_one_of_glues_folders_however_its_path_ends()
    {
        using var files = new TempFolder();
        files.Write("SST-2/train.tsv", "sentence\tlabel\ngood\t1\nbad\t0\n");
        files.Write("SST-2/dev.tsv", "sentence\tlabel\ngood\t1\nbad\t0\n");
        await using var bench = new FetchBench();
        foreach (var root in new[] { files["SST-2"], files["SST-2"] + "/", files.Path })
            (await new AssetShelf(bench.Settings with { TaskFolders = [root] }).Tasks(CancellationToken.None)).ShouldHaveSingleItem().Error.ShouldBeNull(root);
    }

    /// <summary>It went away after it was seen: who reads it says so, and the others are listed.</summary>
    [Fact]
    public void A_folder_that_cannot_be_looked_into_is_read_each_time()
    {
        using var files = new TempFolder();
        var readings = new FolderReadings<string>();
        var read = 0;
        for (var i = 0; i < 2; i++)
            readings.Of(() => $"{++read}", files["gone"]).ShouldBe($"{read}");
        read.ShouldBe(2);
    }
}
