using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace PeftStudio.Tests.Hub;

/// <summary>
/// A server in the test's own process that plays the hub, or a host it redirects to, or GLUE's: files by path, repositories by name, and every
/// trouble that a download meets.
/// </summary>
internal sealed class PlayedHub : IDisposable
{
    private readonly HttpListener listener = new();
    private readonly ConcurrentDictionary<string, byte[]> files = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (int Status, string? Code, string Body)> answers = new(StringComparer.Ordinal);

    public PlayedHub(string host = "127.0.0.1")
    {
        Address = new Uri($"http://{host}:{FreePort().ToString(CultureInfo.InvariantCulture)}/");
        listener.Prefixes.Add(Address.ToString());
        listener.Start();
        _ = ServeAsync();
    }

    public Uri Address { get; }

    public ConcurrentQueue<Asked> Requests { get; } = new();

    /// <summary>By path: the connection is cut once after so many bytes of a body.</summary>
    public ConcurrentDictionary<string, int> CutOnceAfter { get; } = new(StringComparer.Ordinal);

    /// <summary>By path: after half of the body nothing comes until the task ends.</summary>
    public ConcurrentDictionary<string, Task> HoldUntil { get; } = new(StringComparer.Ordinal);

    /// <summary>The whole file is sent whatever range is asked for.</summary>
    public bool IgnoresRange { get; set; }

    /// <summary>Large files of repositories lie there; this server redirects and says what they are (X-Linked-...).</summary>
    public PlayedHub? LargeFiles { get; set; }

    /// <summary>Whether the listing tells sizes and checksums, as the hub does; a simple mirror may not.</summary>
    public bool TellsBlobs { get; set; } = true;

    public string? RedirectsTo { get; set; }

    public sealed record Asked(string Path, string? Range, string? IfRange, string? Authorization);

    /// <summary>A repository at the revision main and at its commit. Files that end with .safetensors or .bin are large ones.</summary>
    public void Add(string repository, params (string Name, byte[] Content)[] content) => AddAt("main", repository, content);

    /// <summary>The same at another revision, and at its commit.</summary>
    public void AddAt(string revision, string repository, params (string Name, byte[] Content)[] content)
    {
        var commit = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(repository + string.Concat(content.Select(file => file.Name + BlobId(file.Content))))));
        var siblings = new JsonArray();
        foreach (var (name, bytes) in content)
        {
            var sibling = new JsonObject { ["rfilename"] = name };
            if (TellsBlobs)
            {
                sibling["size"] = bytes.Length;
                // Of a large file git has a pointer, which is another content.
                sibling["blobId"] = BlobId(IsLarge(name) ? Encoding.UTF8.GetBytes("pointer to " + Sha256(bytes)) : bytes);
                if (IsLarge(name))
                    sibling["lfs"] = new JsonObject { ["sha256"] = Sha256(bytes), ["size"] = bytes.Length, ["pointerSize"] = 133 };
            }
            siblings.Add(sibling);
            AddFile(Resolve(repository, commit, name), bytes);
            LargeFiles?.AddFile("large/" + Sha256(bytes), bytes);
        }
        foreach (var name in (string[])[Uri.EscapeDataString(revision), commit])
            Answer($"api/models/{repository}/revision/{name}", 200, null, new JsonObject { ["id"] = repository, ["sha"] = commit, ["siblings"] = siblings.DeepClone() }.ToJsonString());
        Commit = commit;
    }

    /// <summary>Of the repository that was added last.</summary>
    public string Commit { get; private set; } = "";

    public static string Resolve(string repository, string commit, string name) => $"{repository}/resolve/{commit}/{name}";

    public void AddFile(string path, byte[] content) => files["/" + path] = content;

    public void Answer(string path, int status, string? code, string body) => answers["/" + path] = (status, code, body);

    public static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    /// <summary>What <c>git hash-object</c> says of it.</summary>
    public static string BlobId(byte[] content) => Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]));

    public void Dispose() => listener.Close();

    private async Task ServeAsync()
    {
        while (listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            _ = Task.Run(() => AnswerAsync(context));
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        // A slash that was escaped is part of a name, a revision's for one, and stays as it was sent.
        var (path, response) = (Uri.UnescapeDataString(context.Request.RawUrl!.Split('?')[0].Replace("%2F", "%252F", StringComparison.OrdinalIgnoreCase)), context.Response);
        var range = context.Request.Headers["Range"];
        Requests.Enqueue(new(path.TrimStart('/'), range, context.Request.Headers["If-Range"], context.Request.Headers["Authorization"]));
        try
        {
            if (RedirectsTo is { } elsewhere)
                Redirect(response, elsewhere);
            else if (answers.TryGetValue(path, out var answer))
                await TextAsync(response, answer.Status, answer.Code, answer.Body);
            else if (!files.TryGetValue(path, out var content))
                await TextAsync(response, 404, path.StartsWith("/api/", StringComparison.Ordinal) ? "RepoNotFound" : "EntryNotFound", "not found");
            else if (LargeFiles is { } large && IsLarge(path))
            {
                response.Headers["X-Linked-Etag"] = $"\"{Sha256(content)}\"";
                response.Headers["X-Linked-Size"] = content.Length.ToString(CultureInfo.InvariantCulture);
                Redirect(response, new Uri(large.Address, "large/" + Sha256(content)).ToString());
            }
            else
                await FileAsync(path, content, range, context.Request.Headers["If-Range"], response);
        }
        catch (Exception error) when (error is HttpListenerException or ObjectDisposedException or IOException or InvalidOperationException)
        {
            response.Abort(); // the other side went away
        }
    }

    private async Task FileAsync(string path, byte[] content, string? range, string? ifRange, HttpListenerResponse response)
    {
        var tag = $"\"{Sha256(content)[..16]}\"";
        var from = 0;
        if (range is not null && !IgnoresRange && (ifRange is null || ifRange == tag))
        {
            from = int.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture);
            response.StatusCode = from < content.Length ? 206 : 416;
            response.Headers["Content-Range"] = from < content.Length ? $"bytes {from}-{content.Length - 1}/{content.Length}" : $"bytes */{content.Length}";
        }
        response.Headers["ETag"] = tag;
        response.ContentLength64 = Math.Max(0, content.Length - from);
        if (CutOnceAfter.TryRemove(path.TrimStart('/'), out var cut))
        {
            await response.OutputStream.WriteAsync(content.AsMemory(from, cut));
            await response.OutputStream.FlushAsync();
            await Task.Delay(100);
            response.Abort();
            return;
        }
        if (HoldUntil.TryGetValue(path.TrimStart('/'), out var until))
        {
            var half = (content.Length - from) / 2;
            await response.OutputStream.WriteAsync(content.AsMemory(from, half));
            await response.OutputStream.FlushAsync();
            await until;
            from += half;
        }
        await response.OutputStream.WriteAsync(content.AsMemory(Math.Min(from, content.Length)));
        response.Close();
    }

    private static void Redirect(HttpListenerResponse response, string location)
    {
        response.StatusCode = 302;
        response.Headers["Location"] = location;
        response.Close();
    }

    private static async Task TextAsync(HttpListenerResponse response, int status, string? code, string body)
    {
        response.StatusCode = status;
        if (code is not null)
            response.Headers["X-Error-Code"] = code;
        await response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(body));
        response.Close();
    }

    private static bool IsLarge(string name) => name.EndsWith(".safetensors", StringComparison.Ordinal) || name.EndsWith(".bin", StringComparison.Ordinal);

    private static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }
}
