using System.Collections.Concurrent;
using PeftStudio.Formats;

namespace PeftStudio.Web.Assets;

/// <summary>What was read of folders, kept until a file of them changes. A reading that failed, or gave nothing usable, is made anew: what was in the way may pass without a file's change.
/// So is one of a folder that cannot be looked into.</summary>
/// <param name="isUsable">null: whatever was read is</param>
internal sealed class FolderReadings<T>(Func<T, bool>? isUsable = null)
{
    private readonly ConcurrentDictionary<string, (string Stamp, Lazy<T> Reading)> known = new(StringComparer.Ordinal);

    /// <summary>Of many who ask at once one reads.</summary>
    public T Of(Func<T> read, params string[] folders)
    {
        var stamps = Array.ConvertAll(folders, FolderStamp.IfReadable);
        if (Array.Exists(stamps, found => found is null))
            return read();
        var (key, stamp) = (string.Join('\n', folders), string.Join('\n', stamps));
        var entry = known.AddOrUpdate(key, _ => (stamp, new(read)), (_, old) => old.Stamp == stamp ? old : (stamp, new(read)));
        var keep = false;
        try
        {
            var value = entry.Reading.Value;
            keep = isUsable is null || isUsable(value);
            return value;
        }
        finally
        {
            // A Lazy keeps its failure.
            if (!keep)
                known.TryRemove(KeyValuePair.Create(key, entry));
        }
    }
}
