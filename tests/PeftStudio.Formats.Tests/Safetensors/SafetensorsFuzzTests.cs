using FsCheck;
using FsCheck.Fluent;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests.Safetensors;

public sealed class SafetensorsFuzzTests
{
    /// <summary>Whatever is done to a real file's bytes, opening and reading it succeeds or names what is wrong; nothing else, and nothing large is allocated.</summary>
    [Fact]
    public void A_damaged_file_is_read_or_refused_never_worse()
    {
        using var folder = new TempFolder();
        var real = SafetensorsWriter.ToBytes(
            [
                SafetensorsTensor.FromFloats("bert.encoder.layer.0.weight", [1, 2, 3, 4, 5, 6], 2, 3),
                SafetensorsTensor.FromFloats("bert.encoder.layer.0.bias", [1, 2], 2),
                new SafetensorsTensor("ids", SafetensorsType.I64, [1], new byte[8]),
            ],
            new Dictionary<string, string> { ["format"] = "pt" });
        var (read, refused) = (0, 0);
        var edit = Gen.Zip(Gen.Choose(0, real.Length - 1), Gen.Zip(Gen.Choose(0, 4), Gen.Choose(0, 255)));
        var edits = Gen.Zip(Gen.Choose(1, 6), Gen.ArrayOf(edit, 6)).Select(p => p.Item2.Take(p.Item1).ToArray());
        Prop.ForAll(edits.ToArbitrary(), changes =>
        {
            var path = folder.Write("x.safetensors", Damage(real, changes));
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using var file = SafetensorsFile.Open(path);
                foreach (var entry in file.Entries)
                {
                    using var bytes = file.Read(entry.Key);
                    bytes.Span.Length.ShouldBe((int)entry.ByteLength);
                }
                read++;
            }
            catch (SafetensorsException)
            {
                refused++;
            }
            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1_000_000);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000).WithReplay(1, 1));
        read.ShouldBeGreaterThan(20);
        refused.ShouldBeGreaterThan(500);
    }

    private static byte[] Damage(byte[] real, (int Position, (int Kind, int Value) How)[] changes)
    {
        var bytes = real.ToList();
        foreach (var (position, (kind, value)) in changes)
        {
            var at = Math.Min(position, bytes.Count - 1);
            if (at < 0)
                break;
            switch (kind)
            {
                case 0:
                    bytes[at] = (byte)value;
                    break;
                case 1:
                    bytes[at] = (byte)('0' + (value % 10));
                    break;
                case 2:
                    bytes.RemoveAt(at);
                    break;
                case 3:
                    bytes.Insert(at, (byte)value);
                    break;
                default:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, value));
                    break;
            }
        }
        return [.. bytes];
    }
}
