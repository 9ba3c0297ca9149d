using System.Text;

namespace PeftStudio.Formats;

/// <summary>UTF-8 whose wrong bytes are an error instead of silently other text.</summary>
internal static class StrictUtf8
{
    /// <summary>For a reader: it passes over the mark that this encoding would write.</summary>
    public static readonly UTF8Encoding WithMark = new(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true);

    /// <summary>A whole file, without its byte order mark where it has one.</summary>
    /// <exception cref="DecoderFallbackException">Bytes that are no UTF-8.</exception>
    public static string ReadFile(string path)
    {
        var bytes = File.ReadAllBytes(path).AsSpan();
        return WithMark.GetString(bytes.StartsWith(WithMark.Preamble) ? bytes[WithMark.Preamble.Length..] : bytes);
    }
}
