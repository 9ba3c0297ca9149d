using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using PeftStudio.Tests;
using PeftStudio.Tests.Hub;
using PeftStudio.Web.Assets;
using PeftStudio.Web.Fetching;

namespace PeftStudio.Web.Tests.Fetching;

/// <summary>One file from a host that says little about it, answer by answer as it goes over the wire.</summary>
public sealed class DownloadTests
{
    private static readonly byte[] Content = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 500).Select(i => string.Create(CultureInfo.InvariantCulture, $"word{i}\n"))));

    [Fact]
    public async Task An_answer_that_ends_with_its_connection_is_not_taken_for_whole()
    {
        using var folder = new TempFolder();
        var refused = await Should.ThrowAsync<FetchRefused>(() => FetchAsync(folder, null, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", Content[..700]));
        refused.Status.ShouldBe(502);
        refused.Message.ShouldSatisfyAllConditions(
            message => message.ShouldContain("neither a length nor a checksum of vocab.txt"), message => message.ShouldContain("upload the folder"));
        Directory.GetFileSystemEntries(folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_checksum_says_whether_it_is_whole()
    {
        using var folder = new TempFolder();
        var checksum = Checksum.GitBlob(PlayedHub.BlobId(Content));
        const string Head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
        (await Should.ThrowAsync<FetchRefused>(() => FetchAsync(folder, checksum, Head, Content[..700]))).Message.ShouldContain("arrived damaged");
        Directory.GetFileSystemEntries(folder.Path).ShouldBeEmpty();
        await FetchAsync(folder, checksum, Head, Content);
        File.ReadAllBytes(folder["vocab.txt"]).ShouldBe(Content);
    }

    [Fact]
    public async Task A_length_says_whether_it_is_whole()
    {
        using var folder = new TempFolder();
        var head = string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 200 OK\r\nContent-Length: {Content.Length}\r\nConnection: close\r\n\r\n");
        (await Should.ThrowAsync<FetchRefused>(() => FetchAsync(folder, null, head, Content[..700]))).Message.ShouldContain("was cut");
        await FetchAsync(folder, null, head, Content);
        File.ReadAllBytes(folder["vocab.txt"]).ShouldBe(Content);
    }

    /// <summary>Chunks have an end of their own.</summary>
    [Fact]
    public async Task The_last_chunk_says_whether_it_is_whole()
    {
        using var folder = new TempFolder();
        const string Head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
        byte[] chunk = [.. Encoding.ASCII.GetBytes(Content.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n"), .. Content, .. "\r\n"u8];
        (await Should.ThrowAsync<FetchRefused>(() => FetchAsync(folder, null, Head, chunk))).Message.ShouldContain("was cut");
        File.Exists(folder["vocab.txt"]).ShouldBeFalse();
        await FetchAsync(folder, null, Head, [.. chunk, .. "0\r\n\r\n"u8]);
        File.ReadAllBytes(folder["vocab.txt"]).ShouldBe(Content);
    }

    /// <summary>The host answers one question with these bytes and closes the connection.</summary>
    private static async Task FetchAsync(TempFolder folder, Checksum? checksum, string head, byte[] body)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var origin = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/"));
        var answered = AnswerAsync(listener, [.. Encoding.ASCII.GetBytes(head), .. body]);
        using var source = new RemoteSource(origin);
        try
        {
            await new Download(source, DataDisk.Real, 1_000_000).RunAsync(new RemoteFile(new Uri(origin, "vocab.txt"), "vocab.txt", null, checksum), folder.Path, (_, _) => { }, CancellationToken.None);
        }
        finally
        {
            await answered;
        }
    }

    private static async Task AnswerAsync(TcpListener listener, byte[] answer)
    {
        using var visitor = await listener.AcceptTcpClientAsync();
        await using var stream = visitor.GetStream();
        using var question = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        while (!string.IsNullOrEmpty(await question.ReadLineAsync()))
        {
        }
        await stream.WriteAsync(answer);
    }
}
