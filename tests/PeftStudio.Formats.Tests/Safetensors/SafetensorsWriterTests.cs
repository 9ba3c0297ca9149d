using FsCheck;
using FsCheck.Fluent;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests.Safetensors;

public sealed class SafetensorsWriterTests
{
    [Fact]
    public void Bytes_do_not_depend_on_the_order_of_what_is_given()
    {
        SafetensorsTensor[] tensors =
        [
            SafetensorsTensor.FromFloats("b", [1, 2], 2), new("a", SafetensorsType.U8, [3], new byte[] { 1, 2, 3 }), new("c", SafetensorsType.I64, [1], new byte[8]),
        ];
        var one = SafetensorsWriter.ToBytes(tensors, new Dictionary<string, string> { ["x"] = "1", ["format"] = "pt" });
        var other = SafetensorsWriter.ToBytes(tensors.Reverse(), new Dictionary<string, string> { ["format"] = "pt", ["x"] = "1" });
        other.ShouldBe(one);
        (BitConverter.ToInt64(one) % 8).ShouldBe(0);
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        using var folder = new TempFolder();
        var path = folder["x.safetensors"];
        var numbers = Gen.ArrayOf(ArbMap.Default.GeneratorFor<int>().Select(i => BitConverter.Int32BitsToSingle(i * 7919)));
        var tensors = Gen.Zip(ArbMap.Default.GeneratorFor<NonEmptyString>(), numbers).ListOf().Select(l => l
            .Where(p => p.Item1.Get.EnumerateRunes().All(r => r.Value != 0xFFFD) && p.Item1.Get != "__metadata__")
            .DistinctBy(p => p.Item1.Get, StringComparer.Ordinal)
            .Select(p => SafetensorsTensor.FromFloats(p.Item1.Get, p.Item2, p.Item2.Length)).ToArray());
        Prop.ForAll(tensors.ToArbitrary(), written =>
        {
            SafetensorsWriter.Write(path, written, new Dictionary<string, string> { ["ünï"] = "\"\n" });
            using var file = SafetensorsFile.Open(path);
            file.Metadata["ünï"].ShouldBe("\"\n");
            file.Entries.Select(e => e.Key).ShouldBe(written.Select(t => t.Key).Order(StringComparer.Ordinal));
            foreach (var tensor in written)
            {
                using var bytes = file.Read(tensor.Key);
                bytes.Span.SequenceEqual(tensor.Bytes.Span).ShouldBeTrue();
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(100));
        File.Exists(path + ".part").ShouldBeFalse();
    }

    [Fact]
    public void Deferred_tensors_are_asked_for_one_after_the_other_as_they_are_written()
    {
        using var stream = new MemoryStream();
        var asked = new List<(string Key, long Written)>();
        SafetensorsTensor Of(string key, byte value) => SafetensorsTensor.Deferred(key, SafetensorsType.U8, [4], () =>
        {
            asked.Add((key, stream.Position));
            return new[] { value, value, value, value };
        });
        SafetensorsWriter.Write(stream, [Of("b", 2), Of("a", 1)]);
        var header = stream.Length - 8;
        asked.ShouldBe([("a", header), ("b", header + 4)]);
        stream.ToArray()[^8..].ShouldBe([1, 1, 1, 1, 2, 2, 2, 2]);
        var wrong = SafetensorsTensor.Deferred("c", SafetensorsType.U8, [4], () => new byte[3]);
        Should.Throw<InvalidOperationException>(() => SafetensorsWriter.ToBytes([wrong])).Message.ShouldContain("'c': U8[4] needs 4 bytes, not 3");
    }

    [Fact]
    public void Wrong_tensors_cannot_be_built()
    {
        Should.Throw<ArgumentException>(() => SafetensorsTensor.FromFloats("a", [1, 2], 3)).Message.ShouldContain("'a'");
        Should.Throw<ArgumentException>(() => new SafetensorsTensor("__metadata__", SafetensorsType.U8, [0], default));
        Should.Throw<ArgumentException>(() => new SafetensorsTensor("a", SafetensorsType.U8, [-1, -1], new byte[1]));
        var twice = SafetensorsTensor.FromFloats("a", [1], 1);
        Should.Throw<ArgumentException>(() => SafetensorsWriter.ToBytes([twice, twice])).Message.ShouldContain("'a'");
    }
}
