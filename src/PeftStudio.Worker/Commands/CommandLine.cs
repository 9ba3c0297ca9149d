using System.CommandLine;
using System.Text.Json;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Formats.Tasks;
using PeftStudio.Models.Exports;
using PeftStudio.Torch;
using PeftStudio.Training;

namespace PeftStudio.Worker.Commands;

/// <summary>What all commands share: required options, and expected failures as one line on standard error and exit code 1.</summary>
internal static class CommandLine
{
    public static Option<string> Required(string name, string description) => new(name) { Description = description, Required = true };

    public static void Run(this Command command, Func<ParseResult, CancellationToken, Task<int>> action) =>
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                return await action(parsed, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                await Console.Error.WriteLineAsync("cancelled");
                return 130;
            }
            catch (Exception error) when (IsExpected(error))
            {
                await Console.Error.WriteLineAsync($"error: {error.Message}");
                return 1;
            }
        });

    /// <summary>Bad input and a world that is not as wanted; anything else is a defect and shows its stack.</summary>
    internal static bool IsExpected(Exception error) =>
        error is IOException or UnauthorizedAccessException or InvalidDataException or JsonException or ArgumentException or FormatException
            or InvalidTaskException or SafetensorsException or TrialFailedException or ExportRefusedException or HttpRequestException or DllNotFoundException or TorchOutOfMemoryException;
}
