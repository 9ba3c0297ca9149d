using System.CommandLine;
using System.Text.Json;
using PeftStudio.Formats.Tasks;
using PeftStudio.Search;
using PeftStudio.Torch;
using PeftStudio.Training;

namespace PeftStudio.Worker.Commands;

/// <summary>
/// <c>predict --backbone DIR --adapter DIR --input ROWS --output OUT.jsonl</c>: a line a row with the label and its probabilities, the score, or the text; where the input has labels or targets, the
/// task's metrics as JSON on standard output.
/// </summary>
internal static class PredictCommand
{
    public static Command Create()
    {
        var backbone = CommandLine.Required("--backbone", "folder of the backbone");
        var adapter = CommandLine.Required("--adapter", "folder with adapter.json and adapter.safetensors");
        var input = CommandLine.Required("--input", "rows in the task's columns: .tsv, .csv or .jsonl, with labels or without");
        var output = CommandLine.Required("--output", "JSON lines");
        var device = new Option<string>("--device") { Description = "cpu, cuda:0, ...", DefaultValueFactory = _ => "cpu" };
        var threads = new Option<int>("--threads") { Description = "threads of libtorch; as many as in training give its bits", DefaultValueFactory = _ => 1 };
        var command = new Command("predict", "an adapter's predictions, and its metrics where the rows have labels") { backbone, adapter, input, output, device, threads };
        command.Run(async (parsed, cancellationToken) =>
        {
            NativeRuntime.UseThreads(parsed.GetValue(threads));
            NativeRuntime.FlushDenormals(true); // as workers do: equal bits
            using var prediction = AdapterPrediction.Open(
                parsed.GetRequiredValue(backbone), parsed.GetRequiredValue(adapter), NativeRuntime.UseDevice(parsed.GetRequiredValue(device)));
            var rows = TaskFile.ReadUnscored(prediction.Task, parsed.GetRequiredValue(input));
            var (predictions, score) = prediction.Predict(rows, cancellationToken);
            await File.WriteAllLinesAsync(
                parsed.GetRequiredValue(output), predictions.Select(row => JsonSerializer.Serialize(row, CanonicalJson.Options)), cancellationToken);
            if (score is not null)
                Console.WriteLine(CanonicalJson.Write(score));
            return 0;
        });
        return command;
    }
}
