using System.Buffers.Binary;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests.Safetensors;

public sealed class SafetensorsFileTests
{
    private const string Good = """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}}""";

    [Fact]
    public void Reads_what_the_format_allows()
    {
        using var folder = new TempFolder();
        using var file = SafetensorsFile.Open(folder.Write("x.safetensors", RawFile.Of(
            """{"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]},"__metadata__":{"format":"pt"},"empty":{"dtype":"F16","shape":[0,7],"data_offsets":[8,8]},"a":{"dtype":"F32","shape":[],"data_offsets":[4,8]},"c":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}}   """, 11)));
        file.Entries.Select(e => e.Key).ShouldBe(["a", "b", "c", "empty"]);
        file.Metadata["format"].ShouldBe("pt");
        file.Entry("a").Count.ShouldBe(1);
        file.ReadFloats("empty").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7, "'a'.*truncated")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 9, "1 bytes behind the last tensor")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}}""", 9, "'a'.*gap")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[3,7]}}""", 7, "'b'.*overlap")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", 4, "'[ab]'.*overlap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,7]}}""", 7, @"'a'.*needs 8 bytes, data_offsets give 7")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "'a'.*begin <= end")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}""", 8, "'a'.*two numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[9223372036854775807,2],"data_offsets":[0,8]}}""", 8, "'a'.*overflows")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}}""", 0, "'a'.*overflows")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "'a'.*shape must hold whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""", 8, "'a'.*shape must hold whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,99999999999999999999]}}""", 8, "'a'.*data_offsets must hold")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[9223372036854775800,9223372036854775807]}}""", 8, "'a'")]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}""", 8, "'a'.*F8_E4M3.*not supported")]
    [InlineData("""{"a":{"dtype":"0","shape":[8],"data_offsets":[0,8]}}""", 8, "'a'.*not supported")]
    [InlineData("""{"a":{"dtype":7,"shape":[8],"data_offsets":[0,8]}}""", 8, "'a'.*dtype.*wrong type")]
    [InlineData("""{"a":{"dtype":"U8","shape":8,"data_offsets":[0,8]}}""", 8, "'a'.*shape is not an array")]
    [InlineData("""{"a":{"dtype":"U8","shape":[8]}}""", 8, "'a'.*missing")]
    [InlineData("""{"a":{"dtype":"U8","shape":[8],"shape":[8],"data_offsets":[0,8]}}""", 8, "'a'.*repeated")]
    [InlineData("""{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"a":{"dtype":"U8","shape":[0],"data_offsets":[8,8]}}""", 8, "'a'.*twice")]
    [InlineData("""{"a":[]}""", 0, "'a'.*not an object")]
    [InlineData("""{"__metadata__":{"x":1}}""", 0, "__metadata__.*not a string")]
    [InlineData("""{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}""", 8, "not valid JSON")]
    [InlineData("""{}x""", 0, "not valid JSON")]
    [InlineData("""{"\ud800":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", 0, "not valid JSON")]
    [InlineData("""[]""", 0, "does not begin with '{'")]
    [InlineData("""{"a":{"dtype":"U8","shape":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]],"data_offsets":[0,1]}}""", 1, "'a'.*shape must hold")]
    public void A_broken_header_is_refused_by_name(string header, int dataBytes, string message)
    {
        using var folder = new TempFolder();
        var path = folder.Write("x.safetensors", RawFile.Of(header, dataBytes));
        var error = Should.Throw<SafetensorsException>(() => SafetensorsFile.Open(path));
        error.Message.ShouldStartWith(path);
        error.Message.ShouldMatch(message);
    }

    [Fact]
    public void Hostile_lengths_are_refused_before_anything_is_allocated()
    {
        using var folder = new TempFolder();
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var claimed in new ulong[] { 99_999_999UL, 100_000_001UL, int.MaxValue, (ulong)long.MaxValue, ulong.MaxValue, 3 })
        {
            var path = folder.Write("x.safetensors", RawFile.Of([(byte)'{', (byte)'}'], claimed, 0));
            Should.Throw<SafetensorsException>(() => SafetensorsFile.Open(path)).Message.ShouldContain("header");
        }
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(2_000_000);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(8)]
    public void A_file_too_short_for_anything_is_refused(int bytes)
    {
        using var folder = new TempFolder();
        Should.Throw<SafetensorsException>(() => SafetensorsFile.Open(folder.Write("x.safetensors", new byte[bytes])));
    }

    [Fact]
    public void An_absent_file_and_an_absent_key_are_named()
    {
        using var folder = new TempFolder();
        Should.Throw<SafetensorsException>(() => SafetensorsFile.Open(folder["no.safetensors"])).Message.ShouldContain("does not exist");
        using var file = SafetensorsFile.Open(folder.Write("x.safetensors", RawFile.Of(Good, 11)));
        Should.Throw<SafetensorsException>(() => file.Read("c")).Message.ShouldContain("tensor 'c': is missing");
        Should.Throw<SafetensorsException>(() => file.ReadFloats("b")).Message.ShouldContain("U8");
    }

    [Fact]
    public void Bytes_outlive_the_file_but_not_their_own_disposal()
    {
        using var folder = new TempFolder();
        var raw = RawFile.Of(Good, 11);
        BinaryPrimitives.WriteSingleLittleEndian(raw.AsSpan(raw.Length - 11), 1.5f);
        var file = SafetensorsFile.Open(folder.Write("x.safetensors", raw));
        var bytes = file.Read("a");
        file.Dispose();
        bytes.ToFloats().ShouldBe([1.5f, 0f]);
        bytes.Dispose();
        bytes.Dispose();
        Should.Throw<ObjectDisposedException>(() => bytes.Span.Length);
        Should.Throw<ObjectDisposedException>(() => file.Read("a"));
    }

    [Fact]
    public void Every_float_type_converts()
    {
        var bytes = new byte[8];
        var one = new float[1];
        BinaryPrimitives.WriteHalfLittleEndian(bytes, (Half)(-0.333));
        FloatConversion.ToFloats(SafetensorsType.F16, bytes.AsSpan(0, 2), one);
        one[0].ShouldBe((float)(Half)(-0.333));
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, 0x3FC0);
        FloatConversion.ToFloats(SafetensorsType.BF16, bytes.AsSpan(0, 2), one);
        one[0].ShouldBe(1.5f);
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, Math.PI);
        FloatConversion.ToFloats(SafetensorsType.F64, bytes, one);
        one[0].ShouldBe((float)Math.PI);
    }

    [Theory]
    [InlineData("pytorch_model.bin", new byte[] { 0x50, 0x4B, 3, 4 })]
    [InlineData("model.pt", new byte[] { 1 })]
    [InlineData("MODEL.PKL", new byte[] { 1 })]
    [InlineData("model.safetensors", new byte[] { 0x80, 2, (byte)'}', (byte)'q', 0, 0, 0, 0, 0, 0 })]
    [InlineData("x.safetensors", new byte[] { 0x50, 0x4B, 3, 4, 0, 0, 8, 8, 0, 0 })]
    public void Pickles_are_refused_by_name_and_by_content(string name, byte[] content)
    {
        using var folder = new TempFolder();
        Should.Throw<SafetensorsException>(() => SafetensorsFile.Open(folder.Write(name, content))).Message.ShouldContain("pickle");
    }
}
