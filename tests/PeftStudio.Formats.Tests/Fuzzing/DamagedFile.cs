using PeftStudio.Formats.Tasks;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests.Fuzzing;

/// <summary>Reads a folder again and again, each time with other damage to one of its files.</summary>
internal static class DamagedFile
{
    public static void Json(Dictionary<string, byte[]> files, string name, int cases, Action<string> read, Type[] refusals, bool keys = true)
    {
        var damage = new Damage(1);
        Run(files, name, cases, read, refusals, keys, 1_500_000, damage.OfJson);
    }

    public static void Bytes(Dictionary<string, byte[]> files, string name, int cases, Action<string> read, Type[] refusals, long bound = 1_500_000)
    {
        var damage = new Damage(2);
        Run(files, name, cases, read, refusals, keys: false, bound, damage.OfBytes);
    }

    /// <param name="files">the undamaged folder</param>
    /// <param name="name">of the file to damage</param>
    /// <param name="cases">how often</param>
    /// <param name="read">reads the folder at a path</param>
    /// <param name="refusals">the documented exceptions</param>
    /// <param name="keys">whether a refusal must name a key</param>
    /// <param name="bound">bytes that a case may allocate, and 40 times the file's length more</param>
    /// <param name="damaged">the next damage to a file's bytes</param>
    public static void Run(Dictionary<string, byte[]> files, string name, int cases, Action<string> read, Type[] refusals, bool keys, long bound, Func<byte[], byte[]> damaged)
    {
        using var folder = new TempFolder();
        foreach (var (file, bytes) in files)
            folder.Write(file, bytes);
        read(folder.Path);
        var (reads, refused) = (0, 0);
        for (var i = 0; i < cases; i++)
        {
            var bytes = damaged(files[name]);
            var path = folder.Write(name, bytes);
            var (before, began) = (GC.GetAllocatedBytesForCurrentThread(), TimeProvider.System.GetTimestamp());
            try
            {
                read(folder.Path);
                reads++;
            }
            catch (Exception error) when (refusals.Contains(error.GetType()))
            {
                refused++;
                CheckMessage(error, folder, name, keys, $"case {i} of {name}");
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"case {i} of {name} ({Convert.ToBase64String(bytes.AsSpan(0, Math.Min(bytes.Length, 6000)))})", error);
            }
            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(bound + (40 * bytes.Length), $"case {i} of {path}");
            TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(5), $"case {i} of {path}");
        }
        reads.ShouldBeGreaterThan(cases / 200);
        refused.ShouldBeGreaterThan(cases / 5);
    }

    private static void CheckMessage(Exception error, TempFolder folder, string name, bool keys, string which)
    {
        error.Message.Length.ShouldBeLessThan(2000, which);
        if (error is not UnsafePathException)
            error.Message.ShouldContain(error is InvalidTaskException ? name : folder.Path, Case.Sensitive, which);
        if (keys && !error.Message.Contains("JSON", StringComparison.Ordinal))
            error.Message.ShouldMatch("'[^']*'|vocabulary is empty|is null, not a manifest", which);
    }
}
