using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace PeftStudio.Formats.Tokenizers;

/// <summary>
/// SentencePiece's precompiled_charsmap: four bytes of length (little-endian), a double-array trie of that many bytes over UTF-8 (darts-clone's units), and
/// the replacements, each ended by a zero byte. Checked whole when it is made, so that a lookup cannot leave its arrays.
/// </summary>
internal sealed class PrecompiledCharacters
{
    private const int MaxBytes = 4 << 20;
    private const int BlockUnits = 256;
    private const int LongestReplacement = 255;

    private readonly byte[] map;
    private readonly uint[] units;

    /// <param name="map">the bytes as the file has them</param>
    /// <exception cref="ArgumentException">No such map; the message says why and names no file.</exception>
    public PrecompiledCharacters(byte[] map)
    {
        if (map.Length is < 4 or > MaxBytes)
            throw new ArgumentException($"has {map.Length} bytes; 4 to {MaxBytes} are wanted");
        var trieBytes = BinaryPrimitives.ReadUInt32LittleEndian(map);
        // A block is as many units as a byte has values: a step within a block cannot leave the array.
        if (trieBytes == 0 || trieBytes % (BlockUnits * sizeof(uint)) != 0 || trieBytes > map.Length - 4)
            throw new ArgumentException($"claims a trie of {trieBytes} bytes, and {map.Length - 4} follow: it is damaged");
        (this.map, units) = (map, new uint[trieBytes / sizeof(uint)]);
        for (var i = 0; i < units.Length; i++)
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(map.AsSpan(4 + (i * sizeof(uint))));
        Check();
    }

    private ReadOnlySpan<byte> Replacements => map.AsSpan(4 + (units.Length * sizeof(uint)));

    /// <summary>By grapheme where it has at most five bytes, else character by character, as the reference; what the map lacks stays.</summary>
    public string Normalize(string text)
    {
        var output = new StringBuilder(text.Length + 8);
        Span<byte> bytes = stackalloc byte[5];
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            var grapheme = rest[..StringInfo.GetNextTextElementLength(rest)];
            rest = rest[grapheme.Length..];
            if (Encoding.UTF8.TryGetBytes(grapheme, bytes, out var length) && TryReplace(bytes[..length], output))
                continue;
            foreach (var rune in grapheme.EnumerateRunes())
                if (!TryReplace(bytes[..rune.EncodeToUtf8(bytes)], output))
                    output.Append(rune);
        }
        return output.ToString();
    }

    public void AddTo(CanonicalHash hash)
    {
        hash.Add(map.Length);
        hash.Add(map);
    }

    /// <summary>The reference takes the shortest prefix that the trie knows for the whole, and so does this.</summary>
    private bool TryReplace(ReadOnlySpan<byte> key, StringBuilder output)
    {
        var node = Offset(units[0]);
        foreach (var b in key)
        {
            if (b == 0 || !TryStep(ref node, b, out var isLeaf))
                return false;
            if (!isLeaf)
                continue;
            Span<char> text = stackalloc char[LongestReplacement];
            output.Append(text[..Encoding.UTF8.GetChars(Replacement(node), text)]);
            return true;
        }
        return false;
    }

    private bool TryStep(ref int node, byte b, out bool isLeaf)
    {
        var unit = units[node ^ b];
        isLeaf = (unit & 0x100) != 0;
        if ((unit & 0x8000_00FF) != b)
            return false;
        node ^= b ^ Offset(unit);
        return true;
    }

    private ReadOnlySpan<byte> Replacement(int leaf)
    {
        var rest = Replacements[(int)(units[leaf] & 0x7FFF_FFFF)..];
        var end = rest.IndexOf((byte)0);
        return end < 0 ? rest : rest[..end];
    }

    private static int Offset(uint unit) => (int)((unit >> 10) << (int)((unit & 0x200) >> 6));

    /// <summary>Goes every way from the root once.</summary>
    private void Check()
    {
        var seen = new bool[units.Length];
        var open = new Stack<int>();
        Visit(Offset(units[0]));
        while (open.TryPop(out var from))
            for (var b = 1; b < BlockUnits; b++)
            {
                var node = from;
                if (!TryStep(ref node, (byte)b, out var isLeaf))
                    continue;
                Visit(node);
                if (isLeaf)
                    CheckReplacement(units[node] & 0x7FFF_FFFF);
            }

        void Visit(int node)
        {
            if (node < 0 || node >= units.Length)
                throw new ArgumentException($"has a trie that leads to unit {node} of {units.Length}: it is damaged");
            if (seen[node])
                return;
            seen[node] = true;
            open.Push(node);
        }
    }

    private void CheckReplacement(uint at)
    {
        if (at >= Replacements.Length)
            throw new ArgumentException($"has a trie that leads to the replacement at {at} of {Replacements.Length} bytes: it is damaged");
        var text = Replacements[(int)at..];
        var end = text[..Math.Min(text.Length, LongestReplacement + 1)].IndexOf((byte)0);
        if (end < 0 || !Utf8.IsValid(text[..end]))
            throw new ArgumentException($"has a replacement at {at} that is not UTF-8 of at most {LongestReplacement} bytes: it is damaged");
    }
}
