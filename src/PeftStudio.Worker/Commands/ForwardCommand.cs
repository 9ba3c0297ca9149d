using System.CommandLine;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Forwarding;
using PeftStudio.Search.Studies;
using TorchSharp;

namespace PeftStudio.Worker.Commands;

/// <summary>
/// <c>forward --backbone DIR --inputs inputs.json --output OUT [--adapter DIR] [--gradients]</c>: logits, loss and gradients of rows already tokenised, to be
/// compared with another implementation's.
/// </summary>
internal static class ForwardCommand
{
    public static Command Create()
    {
        var backbone = CommandLine.Required("--backbone", "folder with config.json and model.safetensors");
        var inputs = CommandLine.Required("--inputs", "JSON with input_ids, attention_mask, token_type_ids, labels");
        var output = CommandLine.Required("--output", "file to write: .json or .safetensors");
        var adapter = new Option<string?>("--adapter") { Description = "folder of an adapter: the studio's own, AdapterHub's, or HF PEFT's" };
        var gradients = new Option<bool>("--gradients") { Description = "write the loss's gradients too: of every parameter, or of the adapter's" };
        var command = new Command("forward", "logits, loss and gradients of rows already tokenised") { backbone, inputs, output, adapter, gradients };
        command.Run((parsed, _) =>
        {
            Run(parsed.GetRequiredValue(backbone), parsed.GetRequiredValue(inputs), parsed.GetRequiredValue(output), parsed.GetValue(adapter), parsed.GetValue(gradients));
            return Task.FromResult(0);
        });
        return command;
    }

    private static void Run(string backboneFolder, string inputs, string output, string? adapterFolder, bool gradients)
    {
        TensorOutput.CheckExtension(output);
        using var backbone = Backbone.Load(backboneFolder, torch.CPU, Precision.Fp32);
        var rows = TokenisedRows.Read(inputs, backbone.Config);
        using var adapter = adapterFolder is null ? null : LoadedAdapter.Read(adapterFolder, backbone);
        Note(backbone.Report.Notes.Concat(adapter?.Notes ?? ForwardPass.Notes(backbone)));
        TensorOutput.Write(output, ForwardPass.Run(backbone, adapter, rows, gradients));
    }

    private static void Note(IEnumerable<string> notes)
    {
        foreach (var note in notes)
            Console.Error.WriteLine(note);
    }
}
