using System.Globalization;
using PeftStudio.Formats.Tasks;
using PeftStudio.Search.Samplers;
using PeftStudio.Search.Studies;

namespace PeftStudio.Worker.Probes;

/// <summary>A task of random words on disk. Every row is longer than any probe reads, so that a probe's length is its rows'.</summary>
internal sealed record ProbeTask(string Folder, TaskAsset Asset, long Bytes)
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz";
    private const string Name = "probe";

    /// <param name="folder">exists and is empty.</param>
    /// <param name="words">of a row.</param>
    /// <param name="writes">tokens of a text that is to be written, which has as many words; 0: labels.</param>
    /// <param name="beams">of a text.</param>
    public static ProbeTask Write(string folder, int trainRows, int devRows, int words, int writes, int beams)
    {
        var asked = writes == 0
            ? """ "columns":{"text":"text","label":"target"},"labels":["no","yes"],"metrics":["accuracy"] """
            : string.Create(CultureInfo.InvariantCulture, $$""" "columns":{"text":"text","target":"target"},"generation":{"maxTokens":{{writes}},"beams":{{beams}}},"metrics":["bleu"] """);
        File.WriteAllText(Path.Join(folder, TaskJson.FileName), $$"""{"name":"{{Name}}","files":{"train":"train.tsv","dev":"dev.tsv"},{{asked}}}""");
        var random = Seeds.Stream(1, 0, "probe rows");
        Write("train.tsv", trainRows);
        Write("dev.tsv", devRows);
        var task = TaskFolder.Open(folder);
        return new ProbeTask(
            folder, new TaskAsset(Name, task.Hash(), task.Definition.LabelNames, task.Definition.MetricNames, trainRows, devRows),
            new DirectoryInfo(folder).EnumerateFiles().Sum(file => file.Length));

        void Write(string name, int rows)
        {
            using var file = File.CreateText(Path.Join(folder, name));
            file.Write("text\ttarget\n");
            for (var row = 0; row < rows; row++)
            {
                Words(file, words);
                file.Write('\t');
                if (writes > 0)
                    Words(file, writes);
                else
                    file.Write(row % 2 == 0 ? "no" : "yes");
                file.Write('\n');
            }
        }

        void Words(StreamWriter file, int count)
        {
            for (var word = 0; word < count; word++)
            {
                for (var letter = 0; letter < 4; letter++)
                    file.Write(Letters[random.Below(Letters.Length)]);
                file.Write(' ');
            }
        }
    }
}
