using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;

namespace PeftStudio.Formats.Tests.Tokenizers;

/// <summary>A unigram tokenizer of a few pieces, in both of its files' forms.</summary>
internal static class SmallUnigram
{
    public static readonly (string Piece, float Score)[] Pieces =
    [
        ("<pad>", 0), ("</s>", 0), ("<unk>", 0), ("▁", -2), ("a", -3), ("b", -3), ("ab", -4), ("▁a", -4), ("▁ab", -7), ("f", -5), ("i", -5), ("fi", -6),
        ("😀", -6), ("é", -3), ("bb", -6), ("x", -2.5f), ("xx", -5), ("\u0301", -9),
    ];

    public static readonly (string From, string To)[] Characters =
        [("ﬁ", "fi"), ("\u00A0", " "), ("\n", " "), ("e\u0301", "é"), ("\u200B", ""), ("Ａ", "a"), ("＜", "<"), ("＞", ">")];

    public static JsonObject Json()
    {
        var vocab = new JsonArray([.. Pieces.Select(p => new JsonArray(p.Piece, p.Score))]);
        vocab.Add(new JsonArray("<extra_id_1>", 0.0));
        vocab.Add(new JsonArray("<extra_id_0>", 0.0));
        string[] special = ["<pad>", "</s>", "<unk>"];
        var added = special.Index().Append((Pieces.Length, "<extra_id_1>")).Append((Pieces.Length + 1, "<extra_id_0>"));
        JsonObject Text(string id) => new() { ["Sequence"] = new JsonObject { ["id"] = id, ["type_id"] = 0 } };
        JsonObject End() => new() { ["SpecialToken"] = new JsonObject { ["id"] = "</s>", ["type_id"] = 0 } };
        return new JsonObject
        {
            ["added_tokens"] = new JsonArray([.. added.Select(t => new JsonObject { ["id"] = t.Item1, ["content"] = t.Item2, ["special"] = true, ["normalized"] = false })]),
            ["normalizer"] = new JsonObject { ["type"] = "Precompiled", ["precompiled_charsmap"] = Convert.ToBase64String(Map(Characters)) },
            ["pre_tokenizer"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["pretokenizers"] = new JsonArray(new JsonObject { ["type"] = "WhitespaceSplit" }, new JsonObject { ["type"] = "Metaspace", ["replacement"] = "▁", ["add_prefix_space"] = true }),
            },
            ["post_processor"] = new JsonObject
            {
                ["type"] = "TemplateProcessing",
                ["single"] = new JsonArray(Text("A"), End()),
                ["pair"] = new JsonArray(Text("A"), End(), Text("B"), End()),
                ["special_tokens"] = new JsonObject { ["</s>"] = new JsonObject { ["id"] = "</s>", ["ids"] = new JsonArray(1), ["tokens"] = new JsonArray("</s>") } },
            },
            ["decoder"] = new JsonObject { ["type"] = "Metaspace", ["replacement"] = "▁", ["add_prefix_space"] = true },
            ["model"] = new JsonObject { ["type"] = "Unigram", ["unk_id"] = 2, ["vocab"] = vocab },
        };
    }

    /// <summary>spiece.model with these pieces and characters, and whatever fields follow.</summary>
    public static byte[] Model(params byte[][] more) =>
    [
        .. Pieces.SelectMany((p, id) => Piece(p.Piece, p.Score, id switch { 2 => 2, < 2 => 3, _ => 1 })),
        .. Field(2, [.. Number(3, 1), .. Number(40, 2)]),
        .. Field(3, [.. Field(1, "nmt_nfkc"u8.ToArray()), .. Field(2, Map(Characters)), .. Number(3, 1), .. Number(4, 1)]),
        .. more.SelectMany(field => field),
    ];

    public static byte[] Piece(string text, float score, int type)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, score);
        return Field(1, [.. Field(1, Encoding.UTF8.GetBytes(text)), .. Varint((2 << 3) | 5), .. bytes, .. Number(3, (ulong)type)]);
    }

    public static byte[] Field(int number, byte[] content) => [.. Varint(((ulong)number << 3) | 2), .. Varint((ulong)content.Length), .. content];

    public static byte[] Number(int number, ulong value) => [.. Varint((ulong)number << 3), .. Varint(value)];

    /// <summary>A precompiled_charsmap: each node of the trie has a block of 256 units of its own, so that nothing needs to be packed.</summary>
    public static byte[] Map((string From, string To)[] characters)
    {
        var (units, replacements, blocks) = (new List<uint>(new uint[512]), new List<byte>(), new Dictionary<string, int> { [""] = 256 });
        units[0] = 256 << 10;
        foreach (var (from, to) in characters)
        {
            var (prefix, block) = ("", 256);
            foreach (var b in Encoding.UTF8.GetBytes(from))
            {
                prefix += (char)b;
                var child = block ^ b;
                if (!blocks.TryGetValue(prefix, out block))
                {
                    block = units.Count;
                    blocks.Add(prefix, block);
                    units.AddRange(new uint[256]);
                    units[child] = b | ((uint)(child ^ block) << 10);
                }
                if (prefix.Length == Encoding.UTF8.GetByteCount(from))
                    units[child] |= 0x100;
            }
            units[block] = 0x8000_0000 | (uint)replacements.Count;
            replacements.AddRange([.. Encoding.UTF8.GetBytes(to), 0]);
        }
        var map = new byte[4 + (units.Count * 4) + replacements.Count];
        BinaryPrimitives.WriteInt32LittleEndian(map, units.Count * 4);
        for (var i = 0; i < units.Count; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(map.AsSpan(4 + (i * 4)), units[i]);
        replacements.CopyTo(map, 4 + (units.Count * 4));
        return map;
    }

    private static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        return [.. bytes, (byte)value];
    }
}
