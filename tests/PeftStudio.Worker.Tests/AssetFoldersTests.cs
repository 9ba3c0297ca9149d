using System.Diagnostics;
using PeftStudio.Tests;

namespace PeftStudio.Worker.Tests;

public sealed class AssetFoldersTests
{
    private const string Rows = "sentence\tlabel\ngood\t1\nbad\t0\n";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The web takes such a root for a task, and plans studies of it.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("/")]
    public void A_folder_of_glues_may_be_a_root_itself(string ending)
    {
        using var files = new TempFolder();
        files.Write("SST-2/train.tsv", Rows);
        files.Write("SST-2/dev.tsv", Rows);
        new AssetFolders([], [files["SST-2"] + ending]).Find().Tasks.ShouldHaveSingleItem().Name.ShouldBe("SST-2");
    }

    /// <summary>A file that is read for as long as the test likes: meanwhile the next folder goes away.</summary>
    [Fact]
    public async Task A_folder_that_goes_away_while_the_others_are_read_is_not_held()
    {
        using var files = new TempFolder();
        Directory.CreateDirectory(files["backbones/first"]);
        using (var made = Process.Start("mkfifo", files["backbones/first/config.json"]))
            await made.WaitForExitAsync();
        files.Write("backbones/second/config.json", "{}");
        foreach (var name in new[] { "train.tsv", "dev.tsv" })
            files.Write($"SST-2/{name}", Rows);
        var folders = new AssetFolders([files["backbones"]], [files["SST-2"]]);

        var found = Task.Run(folders.Find);
        // Opens once somebody reads.
        await using (var config = await Task.Run(() => new FileStream(files["backbones/first/config.json"], FileMode.Open, FileAccess.Write, FileShare.ReadWrite)).WaitAsync(Patience))
        {
            Directory.Delete(files["backbones/second"], recursive: true);
            await config.WriteAsync("{}"u8.ToArray());
        }
        var held = await found.WaitAsync(Patience);

        held.Backbones.ShouldBeEmpty();
        held.Tasks.ShouldHaveSingleItem().Name.ShouldBe("SST-2");
    }
}
