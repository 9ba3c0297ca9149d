using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace PeftStudio.Formats.Tasks;

/// <summary>The identity of a task: sha256 over its definition and its files' bytes, each after its length.</summary>
public static class TaskHash
{
    /// <summary>Lower-case hexadecimal.</summary>
    public static string Of(TaskDefinition definition, string trainPath, string devPath)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var written = Encoding.UTF8.GetBytes(TaskJson.Write(definition));
        AppendLength(hash, written.Length);
        hash.AppendData(written);
        foreach (var path in new[] { trainPath, devPath })
            AppendFile(hash, path);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void AppendFile(IncrementalHash hash, string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            AppendLength(hash, stream.Length);
            var buffer = new byte[1 << 16];
            for (int read; (read = stream.Read(buffer)) > 0;)
                hash.AppendData(buffer, 0, read);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidTaskException($"{Path.GetFileName(path)} cannot be read: {error.Message}", error);
        }
    }

    private static void AppendLength(IncrementalHash hash, long length)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, length);
        hash.AppendData(bytes);
    }
}
