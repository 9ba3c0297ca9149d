using PeftStudio.Tests;
using PeftStudio.Web.Assets;

namespace PeftStudio.Web.Tests;

/// <summary>What Studio:UploadMegabytes counts: all that the folder holds in the end, however many archives it came in.</summary>
public sealed class UploadFolderTests
{
    private const int Most = 1024 * 1024;

    [Fact]
    public async Task Several_archives_are_held_to_the_limit_together()
    {
        using var root = new TempFolder();
        using var upload = new UploadFolder(root.Path, Most, DataDisk.Real);
        await Add(upload, "a.zip", Packed("a.txt", Most / 2));
        await Add(upload, "b.zip", Packed("b.txt", Most / 2));
        (await Should.ThrowAsync<UploadRefused>(() => Add(upload, "c.zip", Packed("c.txt", 10_000)))).Message.ShouldContain("larger than 1 MB");
        new DirectoryInfo(upload.Incoming).EnumerateFiles().Sum(file => file.Length).ShouldBeLessThanOrEqualTo(Most);
    }

    [Fact]
    public async Task Files_before_an_archive_count_too()
    {
        using var root = new TempFolder();
        using var upload = new UploadFolder(root.Path, Most, DataDisk.Real);
        await Add(upload, "a.txt", new byte[Most - 10_000]);
        (await Should.ThrowAsync<UploadRefused>(() => Add(upload, "b.zip", Packed("b.txt", 20_000)))).Status.ShouldBe(413);
    }

    /// <summary>Weights hardly pack: an archive and what is in it are together twice the folder.</summary>
    [Fact]
    public async Task An_archives_own_bytes_do_not_count_beside_what_is_in_it()
    {
        using var root = new TempFolder();
        using var upload = new UploadFolder(root.Path, Most, DataDisk.Real);
        var hard = string.Concat(Enumerable.Range(0, 130_000).Select(i => FormattableString.Invariant($"{(i * 2654435761) % 999_983:000000}")));
        var archive = Studio.Zip(("a.txt", hard));
        (archive.Length + hard.Length).ShouldBeGreaterThan(Most);
        await Add(upload, "a.zip", archive);
        await Add(upload, "b.zip", Packed("b.txt", 100_000));
    }

    private static Task Add(UploadFolder upload, string name, byte[] content) => upload.AddFile(name, new MemoryStream(content), CancellationToken.None);

    private static byte[] Packed(string name, int bytes) => Studio.Zip((name, new string('a', bytes)));
}
