using System.Buffers.Binary;
using System.Globalization;
using System.Text.RegularExpressions;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Formats.Tests.Fuzzing;
using PeftStudio.Tests;
using PeftStudio.Torch;

namespace PeftStudio.Models.Tests;

/// <summary>
/// Reads a folder again and again, each time with other damage to one of its files: it is read, or refused by one of two exceptions with the file's folder and a key, and neither libtorch nor the
/// process has more memory for it than the folder warrants. For tests that run alone, since both are the process's.
/// </summary>
internal sealed partial class DamagedFolder(string source, Action<string> read)
{
    // Of libtorch's first use of something, code that is compiled, and what the collector has not collected yet.
    private const long Bound = 160_000_000;

    private readonly Damage damage = new(4);
    private readonly Random random = new(5);

    /// <summary>Damages a file of JSON, or the header of a safetensors file, or (every other case) gives one of its tensors another shape that needs no bytes.</summary>
    /// <param name="only">which of the tensors; null: any</param>
    public void Damage(string name, int cases, Func<string, bool>? only = null)
    {
        using var folder = new TempFolder();
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
            folder.Write(Path.GetRelativePath(source, file), File.ReadAllBytes(file));
        read(folder.Path);
        var (real, refused) = (File.ReadAllBytes(folder[name]), 0);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var live = NativeRuntime.LiveTensors;
        File.WriteAllText("/proc/self/clear_refs", "5"); // proc(5): 5 sets the peak back to what is resident now
        var before = Peak();
        for (var i = 0; i < cases; i++)
        {
            if (!name.EndsWith(".safetensors", StringComparison.Ordinal))
                File.WriteAllBytes(folder[name], damage.OfJson(real));
            else if (i % 2 == 0)
                File.WriteAllBytes(folder[name], WithHeader(real));
            else
                Reshape(Path.Join(source, name), folder[name], only ?? (_ => true));
            refused += Read(folder.Path, $"case {i} of {name}") ? 0 : 1;
            NativeRuntime.LiveTensors.ShouldBeLessThanOrEqualTo(live, $"case {i} of {name}");
            (Peak() - before).ShouldBeLessThan(Bound, $"case {i} of {name}");
        }
        refused.ShouldBeGreaterThan(cases / 5);
    }

    private bool Read(string folder, string which)
    {
        try
        {
            read(folder);
            return true;
        }
        catch (Exception error) when (error is InvalidDataException or SafetensorsException)
        {
            error.Message.Length.ShouldBeLessThan(3000, which);
            error.Message.ShouldContain(folder, Case.Sensitive, which);
            // A file that is not there, or no JSON, or of another format has no key.
            if (!error.Message.Contains("JSON", StringComparison.Ordinal) && !error.Message.EndsWith("the file does not exist", StringComparison.Ordinal) && error is not SafetensorsException { Key: null })
                Quoted().IsMatch(error.Message).ShouldBeTrue($"{which}: {error.Message}");
            return false;
        }
        catch (Exception error)
        {
            throw new InvalidOperationException($"{which}: {error.Message}", error);
        }
    }

    private byte[] WithHeader(byte[] real)
    {
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(real);
        var header = damage.OfJson(real[8..(8 + length)]);
        var file = new byte[8 + header.Length + real.Length - 8 - length];
        BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
        header.CopyTo(file, 8);
        real.AsSpan(8 + length).CopyTo(file.AsSpan(8 + header.Length));
        return file;
    }

    private void Reshape(string from, string to, Func<string, bool> only)
    {
        using var file = SafetensorsFile.Open(from);
        int[] meant = [.. Enumerable.Range(0, file.Entries.Length).Where(i => only(file.Entries[i].Key))];
        var at = meant[random.Next(meant.Length)];
        var sizes = new[] { 1, 2, 50_000_000, int.MaxValue, 1L + int.MaxValue, 1L << 32, (1L << 32) + 2, 1L << 62 };
        long[] shape = [.. file.Entries[at].Shape.Select(size => random.Next(3) == 0 ? size : sizes[random.Next(sizes.Length)])];
        shape[random.Next(shape.Length)] = 0;
        // A product that overflows is the header's own affair.
        if (shape.Aggregate((decimal)1, (product, size) => product * Math.Max(1, size)) > long.MaxValue / 16)
            shape = [int.MaxValue, 0];
        SafetensorsWriter.Write(to, file.Entries.Select((entry, i) => i == at
            ? new SafetensorsTensor(entry.Key, SafetensorsType.F32, [.. shape], ReadOnlyMemory<byte>.Empty)
            : SafetensorsTensor.FromFloats(entry.Key, file.ReadFloats(entry.Key), entry.Shape.AsSpan())).ToArray());
    }

    /// <summary>The largest resident set since it was last set back.</summary>
    private static long Peak()
    {
        const string Line = "VmHWM:";
        var line = File.ReadLines("/proc/self/status").First(text => text.StartsWith(Line, StringComparison.Ordinal));
        return 1024 * long.Parse(line.AsSpan(Line.Length).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("'[^']+'")]
    private static partial Regex Quoted();
}
