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
}
