using System.IO.Compression;
using System.Text;
using PeftStudio.Search;

namespace PeftStudio.Formats.Tasks;

/// <summary>A file below an address of GLUE's, with the checksum that huggingface/datasets records for it (dataset_infos.json of glue).</summary>
/// <param name="Path">below the base address</param>
/// <param name="Size">bytes; null where none is recorded</param>
/// <param name="Sha256">lower-case hexadecimal</param>
public sealed record GlueFile(string Path, long? Size, string Sha256)
{
    /// <summary>The file's name, and without its extension what a setting calls it.</summary>
    public string Name => System.IO.Path.GetFileName(Path);
}

/// <summary>
/// Where the nine tasks officially come from, and how what comes becomes a task's folder. Only the files that the studio reads are taken out of
/// an archive (its folder has the task's name), by names from here: what else an archive holds, and what it calls it, plays no part.
/// </summary>
public sealed record GlueArchive(string Task, ValueList<GlueFile> Files)
{
    public const string BaseAddress = "https://dl.fbaipublicfiles.com";

    // MNLI's training file has 300 MB; an archive that holds much more in one file is none of GLUE's.
    private const long MostBytes = 2_000_000_000;
    private const string DevIds = "mrpc_dev_ids.tsv";
    private const string Paraphrases = "msr_paraphrase_train.txt";

    public static ValueList<GlueArchive> All { get; } =
    [
        Zip("CoLA", "CoLA", 376_971, "f212fcd832b8f7b435fb991f101abf89f96b933ab400603bf198960dfc32cbff"),
        Zip("SST-2", "SST-2", 7_439_277, "d67e16fb55739c1b32cdce9877596db1c127dc322d93c082281f64057c16deaa"),
        new("MRPC",
        [
            new($"glue/data/{DevIds}", null, "971d7767d81b997fd9060ade0ec23c4fc31cbb226a55d1bd4a1bac474eb81dc7"),
            new($"senteval/senteval_data/{Paraphrases}", null, "60a9b09084528f0673eedee2b69cb941920f0b8cd0eeccefc464a98768457f89"),
        ]),
        Zip("STS-B", "STS-B", 802_872, "e60a6393de5a8b5b9bac5020a1554b54e3691f9d600b775bd131e613ac179c85"),
        Zip("QQP", "QQP-clean", 41_696_084, "40e7c862c04eb26ee04b67fd900e76c45c6ba8e6d8fab4f8f1f8072a1a3fbae0"),
        Zip("MNLI", "MNLI", 312_783_507, "e7c1d896d26ed6caf700110645df426cc2d8ebf02a5ab743d5a5c68ac1c83633"),
        Zip("QNLI", "QNLIv2", 10_627_589, "e634e78627a29adaecd4f955359b22bf5e70f2cbd93b493f2d624138a0c0e5f5"),
        Zip("RTE", "RTE", 697_150, "6bf86de103ecd335f3441bd43574d23fef87ecc695977a63b82d5efb206556ee"),
        Zip("WNLI", "WNLI", 28_999, "ae0e8e4d16f4d46d4a0a566ec7ecceccfd3fbfaa4a7a4b4e02848c0f2561ac46"),
    ];

    /// <summary>Whatever the case; null where GLUE has none of this name.</summary>
    public static GlueArchive? Find(string task) => All.FirstOrDefault(archive => string.Equals(archive.Task, task, StringComparison.OrdinalIgnoreCase));

    /// <summary>What the training and the dev file will take, as the archive says.</summary>
    /// <param name="parts">the fetched files</param>
    /// <exception cref="InvalidTaskException">The archive is damaged or lacks a file.</exception>
    public long UnpackedBytes(string parts)
    {
        if (Files.Count > 1)
            return new FileInfo(Path.Join(parts, Paraphrases)).Length;
        long bytes = 0;
        ForEachEntry(parts, (_, entry) => bytes += entry.Length);
        return bytes;
    }

    /// <summary>Writes the training and the dev file from the fetched files in <paramref name="parts"/>.</summary>
    /// <param name="parts">the fetched files</param>
    /// <param name="folder">exists and is empty</param>
    /// <param name="open">a file to write to, by its path</param>
    /// <exception cref="InvalidTaskException">The archive is damaged, lacks a file, or a file of it is too large.</exception>
    /// <exception cref="IOException">The disk does not take them.</exception>
    public void Unpack(string parts, string folder, Func<string, Stream> open)
    {
        if (Files.Count > 1)
            SplitParaphrases(parts, folder, open);
        else
            ForEachEntry(parts, (name, entry) =>
            {
                using var from = entry.Open();
                using var to = open(Path.Join(folder, name));
                Copy(from, to, name);
            });
    }

    /// <summary>The training file, then the dev file.</summary>
    private void ForEachEntry(string parts, Action<string, ZipArchiveEntry> read)
    {
        var definition = GlueTasks.Find(Task) ?? throw new InvalidTaskException($"'{Task}' is none of GLUE's tasks");
        try
        {
            using var zip = ZipFile.OpenRead(Path.Join(parts, Files[0].Name));
            foreach (var name in new[] { definition.TrainFile, definition.DevFile })
                read(name, zip.GetEntry($"{Task}/{name}")
                    ?? throw new InvalidTaskException($"{Files[0].Name} has no {Task}/{name}: it is not GLUE's archive of {Task}"));
        }
        catch (InvalidDataException error)
        {
            throw new InvalidTaskException($"{Files[0].Name} cannot be read as zip: {error.Message}", error);
        }
    }

    /// <summary>Counts what comes, not what the archive's directory says.</summary>
    private static void Copy(Stream from, Stream to, string name)
    {
        var buffer = new byte[128 * 1024];
        long bytes = 0;
        for (int read; (read = from.Read(buffer)) > 0; to.Write(buffer, 0, read))
            if ((bytes += read) > MostBytes)
                throw new InvalidTaskException($"{name} is larger than {MostBytes} bytes: it is not GLUE's");
    }

    /// <summary>MRPC has no archive: the pairs whose two ids are listed are the dev rows, the others the training rows. The first line heads both.</summary>
    private static void SplitParaphrases(string parts, string folder, Func<string, Stream> open)
    {
        var dev = File.ReadLines(Path.Join(parts, DevIds)).Select(line => line.Trim()).ToHashSet(StringComparer.Ordinal);
        using var train = Writer(open(Path.Join(folder, "train.tsv")));
        using var held = Writer(open(Path.Join(folder, "dev.tsv")));
        var first = true;
        foreach (var line in File.ReadLines(Path.Join(parts, Paraphrases), Encoding.UTF8))
        {
            var cells = line.TrimEnd('\r').Split('\t');
            if (cells.Length < 5)
                throw new InvalidTaskException($"{Paraphrases} has a line of {cells.Length} columns; five are wanted");
            if (first || !dev.Contains($"{cells[1]}\t{cells[2]}"))
                train.Write(line.TrimEnd('\r') + "\n");
            if (first || dev.Contains($"{cells[1]}\t{cells[2]}"))
                held.Write(line.TrimEnd('\r') + "\n");
            first = false;
        }
    }

    private static StreamWriter Writer(Stream to) => new(to, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 64 * 1024);

    private static GlueArchive Zip(string task, string file, long size, string sha256) => new(task, [new($"glue/data/{file}.zip", size, sha256)]);
}
