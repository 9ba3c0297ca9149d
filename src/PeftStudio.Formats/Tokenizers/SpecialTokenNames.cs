using System.Text.Json;

namespace PeftStudio.Formats.Tokenizers;

/// <summary>What tokenizer_config.json and special_tokens_map.json call the special tokens; null where neither says. Either file may be absent.</summary>
internal sealed record SpecialTokenNames(string? Cls, string? Sep, string? Bos, string? Eos, string? Unknown, string? Pad, string? Mask, bool? MaskLeftStrip, JsonFields? Config, JsonFields? Map)
{
    public static SpecialTokenNames Read(string folder)
    {
        var config = ReadIfThere(Path.Join(folder, "tokenizer_config.json"));
        var map = ReadIfThere(Path.Join(folder, "special_tokens_map.json"));
        (string? Content, bool? LeftStrip) Find(string name) => From(config, name) ?? From(map, name) ?? (null, null);
        var mask = Find("mask_token");
        return new SpecialTokenNames(
            Find("cls_token").Content, Find("sep_token").Content, Find("bos_token").Content, Find("eos_token").Content,
            Find("unk_token").Content, Find("pad_token").Content, mask.Content, mask.LeftStrip, config, map);
    }

    private static JsonFields? ReadIfThere(string file) => File.Exists(file) ? JsonFields.Read(file) : null;

    private static (string? Content, bool? LeftStrip)? From(JsonFields? file, string name)
    {
        if (file is not { } fields || !fields.Has(name))
            return null;
        if (fields.Element.GetProperty(name).ValueKind == JsonValueKind.String)
            return (fields.String(name), null);
        var token = fields.Object(name);
        return (token.String("content"), token.BoolOrNull("lstrip"));
    }
}
