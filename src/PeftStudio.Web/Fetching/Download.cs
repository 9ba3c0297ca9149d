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
        if (have > 0 && have == file.Size)
        {
            await FinishAsync(file, part, cancel);
            return true;
        }
        using var answer = await source.OpenAsync(file.Address, have > 0 ? new RangeHeaderValue(have, null) : null, have > 0 ? part.Validator : null, cancel);
        var response = answer.Response;
        file = file with { Size = file.Size ?? answer.LinkedSize, Checksum = file.Checksum ?? Checksum.Sha256(answer.LinkedSha256) };
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable || (response.StatusCode == HttpStatusCode.PartialContent && !Continues(file, part, have, response)))
        {
            part.Delete();
            return false;
        }
        if (response.StatusCode == HttpStatusCode.OK)
            have = 0;
        // Of a range, Content-Length is that of what is sent now, which need not reach the end. What is here stays where the two differ: some proxy's page may have come.
        var whole = response.StatusCode == HttpStatusCode.OK ? response.Content.Headers.ContentLength : response.Content.Headers.ContentRange?.Length;
        if (whole is not null && file.Size is not null && whole != file.Size)
            throw WrongSize(file, $"{whole} bytes");
        file = file with { Size = file.Size ?? whole };
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

    /// <summary>
    /// Whether a range belongs behind what is here: it begins there, and is of the same content. A server, or a cache before it, may pass over If-Range; where
    /// one side's validator is missing a checksum has to say in the end, and without that nothing would notice.
    /// </summary>
    private static bool Continues(RemoteFile file, PartialFile part, long have, HttpResponseMessage response) =>
        response.Content.Headers.ContentRange is { } range && range.From == have
        && (part.Validator is { } kept && response.Headers.ETag is { } sent ? sent.Equals(kept) : file.Checksum is not null)
        && (range.HasLength || file is not { Size: null, Checksum: null });

    private async Task CopyAsync(RemoteFile file, PartialFile part, long have, HttpResponseMessage response, Action<long, long?> here, CancellationToken cancel)
    {
        var buffer = new byte[BufferBytes];
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        await using var body = await response.Content.ReadAsStreamAsync(cancel);
        await using var to = DataDisk.Writing(file.Name, () => disk.Open(part.Path), Full);
        DataDisk.Writing(file.Name, () => to.SetLength(have), Full);
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
            {
                // As much of it as was announced would look complete the next time.
                part.Delete();
                throw file.Size is null ? TooLarge(file) : WrongSize(file, "more");
            }
            DataDisk.Writing(file.Name, () => to.Write(buffer, 0, read), Full);
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

    private static FetchRefused WrongSize(RemoteFile file, string sent) => new(
        $"{file.Address.Host} sends {sent} of {file.Name}, which was announced with {file.Size}; fetch again later, or name another revision or mirror", StatusCodes.Status502BadGateway);

    private FetchRefused TooLarge(RemoteFile file) =>
        new($"{file.Name} is larger than {mostBytes / (1024 * 1024)} MB (Studio:UploadMegabytes)", StatusCodes.Status413PayloadTooLarge);

    private static FetchRefused Full(string reason) => new($"{reason}. What is here is kept; make room and fetch again", StatusCodes.Status507InsufficientStorage);
}
