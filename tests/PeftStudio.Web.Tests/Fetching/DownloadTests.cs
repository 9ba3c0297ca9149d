using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
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

    /// <summary>Four bytes are here. A server, or a cache before it, sends what is behind four bytes of another content, or does not say of which.</summary>
    [Theory]
    [InlineData("ETag: \"B\"\r\nContent-Range: bytes 4-9/10")]
    [InlineData("ETag: W/\"A\"\r\nContent-Range: bytes 4-9/10")]
    [InlineData("Content-Range: bytes 4-9/10")]
    [InlineData("ETag: \"A\"\r\nContent-Range: bytes 4-9/*")]
    [InlineData("ETag: \"A\"\r\nContent-Range: bytes 3-8/10")]
    public async Task A_range_that_nothing_ties_to_what_is_here_is_not_put_behind_it(string says)
    {
        using var folder = Kept("AAAA");
        var asked = await FetchAsync(folder, null, Answer($"206 Partial Content\r\n{says}", "BBBBBB"), Answer("200 OK\r\nETag: \"B\"", "BBBBBBBBBB"));
        File.ReadAllText(folder["vocab.txt"]).ShouldBe("BBBBBBBBBB");
        asked.ShouldBe(["bytes=4-", null]);
        Directory.GetFiles(folder.Path).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_range_that_ends_early_is_no_end_of_the_file()
    {
        using var folder = Kept("AAAA");
        (await Should.ThrowAsync<FetchRefused>(() => FetchAsync(folder, null, Answer("206 Partial Content\r\nETag: \"A\"\r\nContent-Range: bytes 4-6/10", "BBB")))).Message.ShouldContain("was cut");
        File.Exists(folder["vocab.txt"]).ShouldBeFalse();
        (await FetchAsync(folder, null, Answer("206 Partial Content\r\nETag: \"A\"\r\nContent-Range: bytes 7-9/10", "CCC"))).ShouldBe(["bytes=7-"]);
        File.ReadAllText(folder["vocab.txt"]).ShouldBe("AAAABBBCCC");
    }

    /// <summary>Of hosts that give no validator, the checksum says whether the parts belong together.</summary>
    [Fact]
    public async Task A_checksum_ties_a_range_to_what_is_here()
    {
        using var folder = Kept("AAAA", validator: null);
        var file = new RemoteFile(new Uri("http://nowhere/"), "vocab.txt", null, Checksum.Sha256(PlayedHub.Sha256("AAAABBBBBB"u8.ToArray())));
        await FetchAsync(folder, file, Answer("206 Partial Content\r\nContent-Range: bytes 4-9/10", "BBBBBB"));
        File.ReadAllText(folder["vocab.txt"]).ShouldBe("AAAABBBBBB");
    }

    /// <summary>As where the process ends right after.</summary>
    [Fact]
    public void A_new_validator_never_stands_beside_old_bytes()
    {
        using var folder = Kept("AAAA");
        var part = new PartialFile(folder["vocab.txt"]);
        part.Begin(new EntityTagHeaderValue("\"B\""));
        part.Resumable(new RemoteFile(new Uri("http://nowhere/"), "vocab.txt", null, null)).ShouldBe(0);
        part.Validator.ShouldNotBeNull().Tag.ShouldBe("\"B\"");
    }

    [Fact]
    public async Task A_file_of_another_length_than_listed_is_named_and_no_cut_connection()
    {
        var listed = new RemoteFile(new Uri("http://nowhere/"), "vocab.txt", 10, null);
        using var folder = Kept("AAAAAAA");
        // Seven are here, and there are no more; asked for the whole it is seven again.
        (await Should.ThrowAsync<FetchRefused>(() => FetchAsync(folder, listed, Answer("416 Range Not Satisfiable\r\nContent-Range: bytes */7", ""), Answer("200 OK\r\nETag: \"A\"", "AAAAAAA"))))
            .Message.ShouldStartWith("127.0.0.1 sends 7 bytes of vocab.txt, which was announced with 10");
        using var other = Kept("AAAA");
        (await Should.ThrowAsync<FetchRefused>(() => FetchAsync(other, listed, Answer("206 Partial Content\r\nETag: \"A\"\r\nContent-Range: bytes 4-6/7", "AAA"))))
            .Message.ShouldContain("sends 7 bytes");
        File.ReadAllText(other["vocab.txt.part"]).ShouldBe("AAAA", "it may have been some other page");
    }

    /// <summary>Chunks announce no length; as much as was listed would look complete the next time.</summary>
    [Fact]
    public async Task More_than_was_listed_is_thrown_away()
    {
        using var folder = new TempFolder();
        var listed = new RemoteFile(new Uri("http://nowhere/"), "vocab.txt", 10, null);
        byte[] answer = [.. "HTTP/1.1 200 OK\r\nETag: \"A\"\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\na\r\nAAAAAAAAAA\r\n1\r\nA\r\n0\r\n\r\n"u8];
        (await Should.ThrowAsync<FetchRefused>(() => FetchAsync(folder, listed, answer))).Message.ShouldContain("sends more of vocab.txt, which was announced with 10");
        File.Exists(folder["vocab.txt.part"]).ShouldBeFalse();
    }

    private static TempFolder Kept(string content, string? validator = "\"A\"")
    {
        var folder = new TempFolder();
        folder.Write("vocab.txt.part", content);
        if (validator is not null)
            folder.Write("vocab.txt.etag", validator);
        return folder;
    }

    private static byte[] Answer(string head, string body) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {head}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"));

    private static async Task FetchAsync(TempFolder folder, Checksum? checksum, string head, byte[] body) =>
        await FetchAsync(folder, new RemoteFile(new Uri("http://nowhere/"), "vocab.txt", null, checksum), [.. Encoding.ASCII.GetBytes(head), .. body]);

    /// <summary>The host answers each question with the next of these bytes and closes the connection.</summary>
    /// <returns>the ranges that were asked for; null: the whole</returns>
    private static async Task<IReadOnlyList<string?>> FetchAsync(TempFolder folder, RemoteFile? file, params byte[][] answers)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var origin = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/"));
        var asked = new List<string?>();
        var answered = AnswerAsync(listener, answers, asked);
        using var source = new RemoteSource(origin);
        file ??= new RemoteFile(origin, "vocab.txt", null, null);
        try
        {
            await new Download(source, DataDisk.Real, 1_000_000).RunAsync(file with { Address = new Uri(origin, "vocab.txt") }, folder.Path, (_, _) => { }, CancellationToken.None);
        }
        finally
        {
            listener.Stop();
            await answered;
        }
        return asked;
    }

    private static async Task AnswerAsync(TcpListener listener, byte[][] answers, List<string?> asked)
    {
        foreach (var answer in answers)
        {
            using var visitor = await listener.AcceptTcpClientAsync();
            await using var stream = visitor.GetStream();
            using var question = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
            string? range = null;
            while (await question.ReadLineAsync() is { Length: > 0 } line)
                if (line.StartsWith("Range: ", StringComparison.Ordinal))
                    range = line["Range: ".Length..];
            asked.Add(range);
            await stream.WriteAsync(answer);
        }
    }
}
