using System.Buffers.Binary;
using System.Text;

namespace PeftStudio.Formats.Tests.Tokenizers;

public sealed class DamagedUnigramTests
{
    [Theory]
    [InlineData("model.unk_id", null, "'model.unk_id' is missing")]
    [InlineData("model.unk_id", "20", "'model.unk_id' is 20; a whole number from 0 to 19")]
    [InlineData("model.byte_fallback", "true", "'model.byte_fallback' is true")]
    [InlineData("model.vocab", "{}", "'model.vocab' must be an array")]
    [InlineData("model.vocab", "[]", "the vocabulary is empty")]
    [InlineData("model.vocab", "[[\"a\"]]", "'model.vocab' holds [\"a\"] at 0")]
    [InlineData("model.vocab", "[[\"\",1]]", "'model.vocab' holds [\"\",1] at 0")]
    [InlineData("model.vocab", "[[\"a\", 1e999]]", "'model.vocab' holds [\"a\",1e999] at 0")]
    [InlineData("model.vocab", "[[\"a\", 1], [\"a\", 2]]", "the piece 'a' stands there twice, as 0 and 1")]
    [InlineData("normalizer.type", "\"NFKC\"", "'normalizer.type' is 'NFKC'; for a Unigram model Precompiled, Strip, Replace")]
    [InlineData("normalizer.precompiled_charsmap", "\"?\"", "'normalizer.precompiled_charsmap' is not base64")]
    [InlineData("normalizer.precompiled_charsmap", "\"AA==\"", "'normalizer.precompiled_charsmap' has 1 bytes")]
    [InlineData("normalizer.precompiled_charsmap", "\"/////wAAAAA=\"", "'normalizer.precompiled_charsmap' claims a trie of 4294967295 bytes, and 4 follow")]
    [InlineData("normalizer", "{\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"Strip\"}, {\"type\": \"Strip\"}]}", "'normalizer.normalizers[1].type' is 'Strip'")]
    [InlineData("normalizer", "{\"type\": \"Replace\", \"pattern\": {\"String\": \"a\"}, \"content\": \"\"}", "'normalizer.pattern' must be the Regex")]
    [InlineData("normalizer", "{\"type\": \"Replace\", \"pattern\": {\"Regex\": \" {2,}\"}, \"content\": \"123456789abcdefgh\"}", "'normalizer.content' has 17 characters; at most 16 are read")]
    [InlineData("pre_tokenizer", null, "'pre_tokenizer' must be Metaspace")]
    [InlineData("pre_tokenizer", "{\"type\": \"ByteLevel\"}", "'pre_tokenizer' must be Metaspace")]
    [InlineData("pre_tokenizer", "{\"type\": \"Sequence\", \"pretokenizers\": []}", "'pre_tokenizer' must be Metaspace")]
    [InlineData("pre_tokenizer", "{\"type\": \"Metaspace\", \"replacement\": \"_\"}", "'pre_tokenizer.replacement' is not U+2581")]
    [InlineData("pre_tokenizer", "{\"type\": \"Metaspace\", \"prepend_scheme\": \"first\"}", "'pre_tokenizer.prepend_scheme' is 'first'")]
    [InlineData("pre_tokenizer", "{\"type\": \"Metaspace\", \"split\": false}", "'pre_tokenizer.split' is false")]
    public void A_damaged_tokenizer_json_is_named(string place, string? value, string message) =>
        Damage.ShouldBeRefused("tokenizer.json", Encoding.UTF8.GetBytes(Damage.At(SmallUnigram.Json(), place, value)), message);

    public static TheoryData<byte[], string> Models() => new()
    {
        { [], "it has no 'pieces'" },
        { [0x0A], "in 'model' a number has no end" },
        { [0x0A, 0x05, 1], "in 'model' field 1 claims 5 bytes and 1 are left" },
        { [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1], "claims 18446744073709551615 bytes" },
        { [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1], "a number has no end" },
        { [0x0B], "field 1 has the wire type 3" },
        { [0x00, 0x00], "a field has the number 0" },
        { [0x08, 0x00], "'model.pieces' is not bytes" },
        { [0x0A, 0x02, 0x10, 0x01], "'pieces[0].score' is not a float" },
        { [0x0A, 0x00], "'pieces[0].piece' is empty" },
        { [0x0A, 0x03, 0x0A, 0x01, 0xFF], "'pieces[0].piece' is not UTF-8" },
        { SmallUnigram.Model(SmallUnigram.Piece("a", 1, 1)), "the piece 'a' stands there twice, as 4 and 18" },
        { SmallUnigram.Model(SmallUnigram.Piece("z", float.NaN, 1)), "'pieces[18].score' is not a finite number" },
        { SmallUnigram.Model(SmallUnigram.Piece("z", 1, 4)), "'pieces[18].type' is 4" },
        { SmallUnigram.Model(SmallUnigram.Field(2, SmallUnigram.Number(3, 2))), "'trainer_spec.model_type' is 2" },
        { SmallUnigram.Model(SmallUnigram.Field(2, SmallUnigram.Number(24, 1))), "'trainer_spec.treat_whitespace_as_suffix' is true" },
        { SmallUnigram.Model(SmallUnigram.Field(2, SmallUnigram.Number(35, 1))), "'trainer_spec.byte_fallback' is true" },
        { SmallUnigram.Model(SmallUnigram.Field(2, SmallUnigram.Number(40, 18))), "'trainer_spec.unk_id' is 18, and there are 18 pieces" },
        { SmallUnigram.Model(SmallUnigram.Field(2, SmallUnigram.Number(40, ulong.MaxValue))), "'trainer_spec.unk_id' is -1" },
        { SmallUnigram.Model(SmallUnigram.Field(3, SmallUnigram.Number(4, 0))), "'normalizer_spec.remove_extra_whitespaces' is false" },
        { SmallUnigram.Model(SmallUnigram.Field(3, SmallUnigram.Number(5, 0))), "'normalizer_spec.escape_whitespaces' is false" },
        { SmallUnigram.Model(SmallUnigram.Field(3, SmallUnigram.Field(2, [1]))), "'normalizer_spec.precompiled_charsmap' has 1 bytes" },
        { SmallUnigram.Piece("a", 1, 1), "spiece.model: has no '</s>', which is the end of a text" },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void A_damaged_model_is_named(byte[] bytes, string message) => Damage.ShouldBeRefused("spiece.model", bytes, message);

    [Theory]
    [InlineData(4, 0x7FFF_FFFFu, "leads to unit")] // the root's offset
    [InlineData(4 + (4 * (256 + 0xC2)), 0x7FFF_FCC2u, "leads to unit")] // the step to 0xC2's block
    [InlineData(4 + (4 * (256 + 10)), 0x0000_010Au, "leads to the replacement at")] // \n's block is the root's own
    public void A_map_that_leads_out_of_itself_is_named(int at, uint unit, string message)
    {
        var map = SmallUnigram.Map(SmallUnigram.Characters);
        BinaryPrimitives.WriteUInt32LittleEndian(map.AsSpan(at), unit);
        Damage.ShouldBeRefused("spiece.model", SmallUnigram.Model(SmallUnigram.Field(3, SmallUnigram.Field(2, map))), message);
    }

    [Theory]
    [InlineData("\uFFFF\uFFFF")]
    [InlineData("")]
    public void A_replacement_without_an_end_or_not_in_UTF8_is_named(string rest)
    {
        var map = SmallUnigram.Map([("a", new string('b', 255)), ("b", rest)]);
        map[^2] = rest.Length == 0 ? (byte)'b' : (byte)0xFF;
        Damage.ShouldBeRefused("spiece.model", SmallUnigram.Model(SmallUnigram.Field(3, SmallUnigram.Field(2, map))), "is not UTF-8 of at most 255 bytes");
    }
}
