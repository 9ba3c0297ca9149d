using System.Net;
using System.Net.Http.Headers;
using PeftStudio.Formats;
using PeftStudio.Web.Assets;

namespace PeftStudio.Web.Fetching;

/// <summary>
/// One file into a folder. What has come lies beside the place as NAME.part, with the other side's validator as NAME.etag; a later call asks for
/// the rest alone (Range, If-Range), and a server that sends the whole file starts it anew. Size and checksum are those of the bytes on the disk.
/// </summary>
internal sealed class Download(RemoteSource source, DataDisk disk, long mostBytes)
{
    private const int BufferBytes = 256 * 1024;

    /// <param name="file">what to fetch</param>
    /// <param name="folder">where; a file of this name that is there already is complete</param>
    /// <param name="here">told the file's bytes on the disk and those expected, again and again</param>
    /// <param name="cancel">what has come is kept</param>
    /// <exception cref="RemoteRefused">The other side's error.</exception>
    /// <exception cref="FetchRefused">A cut connection, a full disk, a wrong size or checksum.</exception>
    public async Task RunAsync(RemoteFile file, string folder, Action<long, long?> here, CancellationToken cancel)
    {
        var place = SafePath.Under(folder, file.Name);
        if (!File.Exists(place))
        {
            var part = new PartialFile(place);
            // Once more where a range was answered with something else than the range.
            if (!await TryAsync(file, part, here, cancel) && !await TryAsync(file, part, here, cancel))
                throw new FetchRefused($"{file.Address.Host} does not send {file.Name} as it was asked for", StatusCodes.Status502BadGateway);
        }
        here(new FileInfo(place).Length, file.Size);
    }

    private async Task<bool> TryAsync(RemoteFile file, PartialFile part, Action<long, long?> here, CancellationToken cancel)
    {
        var have = part.Resumable(file);
        if (file.Size is { } whole && have == whole && whole > 0)
        {
            await FinishAsync(file, part, cancel);
            return true;
        }
        using var answer = await source.OpenAsync(file.Address, have > 0 ? new RangeHeaderValue(have, null) : null, have > 0 ? part.Validator : null, cancel);
        var response = answer.Response;
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable || (response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From != have))
        {
            part.Delete();
            return false;
        }
        if (response.StatusCode == HttpStatusCode.OK)
            have = 0;
        file = file with { Size = file.Size ?? answer.LinkedSize ?? have + response.Content.Headers.ContentLength, Checksum = file.Checksum ?? Checksum.Sha256(answer.LinkedSha256) };
        if (file.Size > mostBytes)
            throw TooLarge(file);
        // A connection that closes early looks like the end of such an answer. Chunks have an end of their own.
        if (file is { Size: null, Checksum: null } && response.Headers.TransferEncodingChunked is not true)
            throw new FetchRefused(
                $"{file.Address.Host} tells neither a length nor a checksum of {file.Name}, so that nobody could see whether all of it came; name another mirror, or upload the folder", StatusCodes.Status502BadGateway);
        if (have == 0)
            part.Begin(response.Headers.ETag);
        await CopyAsync(file, part, have, response, here, cancel);
        await FinishAsync(file, part, cancel);
        return true;
    }

    private async Task CopyAsync(RemoteFile file, PartialFile part, long have, HttpResponseMessage response, Action<long, long?> here, CancellationToken cancel)
    {
        var buffer = new byte[BufferBytes];
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        await using var body = await response.Content.ReadAsStreamAsync(cancel);
        await using var to = Writing(file, () => disk.Open(part.Path));
        Writing(file, () => to.SetLength(have));
        to.Position = have;
        here(have, file.Size);
        while (true)
        {
            limit.CancelAfter(RemoteSource.Patience);
            int read;
            try
            {
                read = await body.ReadAsync(buffer, limit.Token);
            }
            catch (Exception error) when (RemoteSource.IsCut(error, cancel))
            {
                throw RemoteSource.Cut(file.Address);
            }
            if (read == 0)
                break;
            if ((have += read) > (file.Size ?? mostBytes))
                throw file.Size is null ? TooLarge(file) : WrongSize(file, part, $"more than the {file.Size} bytes");
            Writing(file, () => to.Write(buffer, 0, read));
            here(have, file.Size);
        }
        if (have < file.Size)
            throw RemoteSource.Cut(file.Address);
    }

    private static async Task FinishAsync(RemoteFile file, PartialFile part, CancellationToken cancel)
    {
        if (file.Checksum is { } expected)
        {
            var actual = await expected.OfAsync(part.Path, cancel);
            if (actual != expected)
            {
                part.Delete();
                throw new FetchRefused(
                    $"{file.Name} arrived damaged: its {actual.Name} is {actual.Value}, and {expected.Value} was announced. It was thrown away, and the other files are kept; fetch again",
                    StatusCodes.Status502BadGateway);
            }
        }
        part.Complete();
    }

    private static FetchRefused WrongSize(RemoteFile file, PartialFile part, string what)
    {
        part.Delete();
        return new($"{file.Address.Host} sends {what} that it announced for {file.Name}; what had come of it was thrown away", StatusCodes.Status502BadGateway);
    }

    private FetchRefused TooLarge(RemoteFile file) =>
        new($"{file.Name} is larger than {mostBytes / (1024 * 1024)} MB (Studio:UploadMegabytes)", StatusCodes.Status413PayloadTooLarge);

    private static void Writing(RemoteFile file, Action write) => Writing(file, () =>
    {
        write();
        return true;
    });

    /// <summary>Reading and writing fail with the same exception; only here it is the disk's.</summary>
    private static T Writing<T>(RemoteFile file, Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FetchRefused($"the disk does not take {file.Name}: {error.Message}. What is here is kept; make room and fetch again", StatusCodes.Status507InsufficientStorage);
        }
    }
}
