using PeftStudio.Tests;
using PeftStudio.Web.Assets;
using PeftStudio.Web.Fetching;

namespace PeftStudio.Web.Tests.Fetching;

/// <summary>Two ask for one name at once. One gets it; the other hears that it is taken, not that the disk is full.</summary>
public sealed class PlaceRaceTests
{
    private const int Rounds = 300;

    [Fact]
    public async Task Of_two_uploads_of_a_name_one_is_kept_and_the_other_is_told_that_it_exists()
    {
        using var root = new TempFolder();
        for (var round = 0; round < Rounds; round++)
        {
            using var first = await UploadAsync(root, round);
            using var second = await UploadAsync(root, round);
            await OneOfAsync(() => first.Keep(Name(round)), () => second.Keep(Name(round)));
        }
    }

    [Fact]
    public async Task Of_a_fetch_and_an_upload_of_a_name_one_is_kept_and_the_other_is_told_that_it_exists()
    {
        using var root = new TempFolder();
        for (var round = 0; round < Rounds; round++)
        {
            using var upload = await UploadAsync(root, round);
            var fetch = new FetchFolder(root.Path, Name(round), DataDisk.Real);
            fetch.Begin("origin");
            File.WriteAllText(Path.Join(fetch.Parts, "fetched.txt"), "x");
            await OneOfAsync(() => upload.Keep(Name(round)), () => fetch.Place(fetch.Parts));
        }
    }

    private static string Name(int round) => FormattableString.Invariant($"name-{round}");

    private static async Task<UploadFolder> UploadAsync(TempFolder root, int round)
    {
        var upload = new UploadFolder(root.Path, 1_000, DataDisk.Real);
        await upload.AddFile(FormattableString.Invariant($"{round}.txt"), new MemoryStream([1]), CancellationToken.None);
        return upload;
    }

    private static async Task OneOfAsync(Action first, Action second)
    {
        using var start = new Barrier(2);
        var refusals = await Task.WhenAll(new[] { first, second }.Select(take => Task.Factory.StartNew(() => Refusal(start, take), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        var refused = refusals.OfType<Exception>().ShouldHaveSingleItem();
        refused.Message.ShouldContain("exists already; choose another name");
        (refused switch { UploadRefused upload => upload.Status, FetchRefused fetch => fetch.Status, _ => 0 }).ShouldBe(409);
    }

    private static Exception? Refusal(Barrier start, Action take)
    {
        start.SignalAndWait();
        try
        {
            take();
            return null;
        }
        catch (Exception error)
        {
            return error;
        }
    }
}
