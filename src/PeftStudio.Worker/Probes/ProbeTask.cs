using System.Globalization;
using PeftStudio.Formats.Tasks;
using PeftStudio.Search.Samplers;
using PeftStudio.Search.Studies;

namespace PeftStudio.Worker.Probes;

/// <summary>A task of random words on disk. Every row is longer than any probe reads, so that a probe's length is its rows'.</summary>
internal sealed record ProbeTask(string Folder, TaskAsset Asset, long Bytes)
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz";

    /// <param name="folder">exists and is empty.</param>
    /// <param name="words">of a row.</param>
    public static ProbeTask Write(string folder, int trainRows, int devRows, int words)
    {
        File.WriteAllText(Path.Join(folder, TaskJson.FileName), """
            {"name":"probe","files":{"train":"train.tsv","dev":"dev.tsv"},"columns":{"text":"text","label":"label"},"labels":["no","yes"],"metrics":["accuracy"]}
            """);
        var random = Seeds.Stream(1, 0, "probe rows");
        Write("train.tsv", trainRows);
        Write("dev.tsv", devRows);
        var task = TaskFolder.Open(folder);
        return new ProbeTask(
            folder, new TaskAsset("probe", task.Hash(), task.Definition.LabelNames, task.Definition.MetricNames, trainRows, devRows),
            new DirectoryInfo(folder).EnumerateFiles().Sum(file => file.Length));

        void Write(string name, int rows)
        {
            using var file = File.CreateText(Path.Join(folder, name));
            file.Write("text\tlabel\n");
            for (var row = 0; row < rows; row++)
            {
                for (var word = 0; word < words; word++)
                {
                    for (var letter = 0; letter < 4; letter++)
                        file.Write(Letters[random.Below(Letters.Length)]);
                    file.Write(' ');
                }
                file.Write(string.Create(CultureInfo.InvariantCulture, $"\t{(row % 2 == 0 ? "no" : "yes")}\n"));
            }
        }
    }
}
