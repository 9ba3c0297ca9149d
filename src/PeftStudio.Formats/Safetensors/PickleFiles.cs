namespace PeftStudio.Formats.Safetensors;

/// <summary>Reading a pickle runs code of whoever wrote it, so pickles are refused by extension and by their first bytes, never opened.</summary>
public static class PickleFiles
{
    private static readonly string[] Extensions = [".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib"];

    public static bool HasPickleExtension(string path) =>
        Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>PROTO with protocol 2 to 5, or a zip archive (torch.save since 1.6).</summary>
    public static bool HasPickleMagic(ReadOnlySpan<byte> first) =>
        (first is [0x80, >= 2 and <= 5, ..] or [(byte)'P', (byte)'K', 3, 4, ..]) && !IsSafetensorsLength(first);

    /// <exception cref="SafetensorsException">The file is a pickle, by its name or by its content.</exception>
    public static void Refuse(string path)
    {
        if (HasPickleExtension(path))
            throw new SafetensorsException(path, null, $"{Path.GetExtension(path)} files are pickles, which can run code when read; convert it to model.safetensors with the safetensors library where you trust it");
        if (!File.Exists(path))
            return;
        using var stream = File.OpenRead(path);
        Span<byte> first = stackalloc byte[9];
        if (HasPickleMagic(first[..stream.ReadAtLeast(first, first.Length, throwOnEndOfStream: false)]))
            throw new SafetensorsException(path, null, "is a pickle by its first bytes, whatever its name says; a pickle can run code when read; convert it to model.safetensors with the safetensors library where you trust it");
    }

    // A header length may begin with the same bytes by chance (0x80 0x02 = 640); then the JSON follows at once.
    private static bool IsSafetensorsLength(ReadOnlySpan<byte> first) =>
        first.Length > 8 && first[8] == (byte)'{' && first[4..8].IndexOfAnyExcept((byte)0) < 0;
}
