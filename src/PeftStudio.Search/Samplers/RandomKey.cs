using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using PeftStudio.Search.Studies;

namespace PeftStudio.Search.Samplers;

/// <summary>
/// What a random draw of the search depends on, and nothing else does: never the rival choice, so that rivals at one sample index share
/// their draws (common random numbers).
/// </summary>
/// <param name="Sample">the sample index from 0.</param>
/// <param name="Attempt">how often this index was redrawn.</param>
/// <param name="Own">empty; the label of a choice that goes unpaired and so draws for itself.</param>
public sealed record RandomKey(long StudySeed, StageKey Stage, int Sample, int Attempt = 0, string Own = "")
{
    /// <summary>The numbers for one component of the design at this key.</summary>
    public RandomStream Stream(string component) => Open(
        "draw", Text(StudySeed), Stage.ToString(), Text(Sample), component, Text(Attempt), Own);

    /// <summary>A stream named by parts; sha256 over the parts, each with its length in front, gives key and counter.</summary>
    internal static RandomStream Open(params ReadOnlySpan<string> parts)
    {
        var (key, stream) = Mix(parts);
        return new RandomStream(key, stream);
    }

    internal static (ulong Key, ulong Stream) Mix(params ReadOnlySpan<string> parts)
    {
        var text = new StringBuilder();
        foreach (var part in parts)
            text.Append(CultureInfo.InvariantCulture, $"{part.Length}:{part},");
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()));
        return (BinaryPrimitives.ReadUInt64LittleEndian(hash), BinaryPrimitives.ReadUInt64LittleEndian(hash.AsSpan(8)));
    }

    internal static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
