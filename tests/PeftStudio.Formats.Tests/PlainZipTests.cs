using System.IO.Compression;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests;

public sealed class PlainZipTests
{
    [Fact]
    public void The_same_files_give_the_same_archive_whenever_they_are_packed()
    {
        using var folder = new TempFolder();
        foreach (var (name, hour) in new[] { ("one", 3), ("two", 17) })
        {
            folder.Write($"{name}/b/weights.bin", [1, 2, 3]);
            folder.Write($"{name}/a.json", "{}");
            folder.Write($"{name}/B.txt", "");
            foreach (var file in Directory.EnumerateFiles(folder[name], "*", SearchOption.AllDirectories))
                File.SetLastWriteTimeUtc(file, new DateTime(2026, 1, 2, hour, 0, 0, DateTimeKind.Utc));
            PlainZip.OfFolder(folder[name], folder[name + ".zip"]);
        }
        File.ReadAllBytes(folder["one.zip"]).ShouldBe(File.ReadAllBytes(folder["two.zip"]));
        using var archive = ZipFile.OpenRead(folder["one.zip"]);
        archive.Entries.Select(entry => (entry.FullName, entry.Length, entry.CompressedLength)).ShouldBe([("B.txt", 0, 0), ("a.json", 2, 2), ("b/weights.bin", 3, 3)]);
        Should.Throw<IOException>(() => PlainZip.OfFolder(folder["one"], folder["two.zip"]));
    }
}
