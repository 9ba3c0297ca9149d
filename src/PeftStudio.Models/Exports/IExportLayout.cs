using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using static TorchSharp.torch;

namespace PeftStudio.Models.Exports;

/// <summary>What an export is made of.</summary>
/// <param name="Model">holds what the layout carries and nothing else.</param>
/// <param name="Groupings">of the design's layers, one a stack.</param>
/// <param name="Name">of the adapter inside the files; letters, digits, - and _.</param>
/// <param name="BackboneName">what its files call the backbone.</param>
/// <param name="Labels">names in the order of the head's outputs; empty for regression.</param>
internal sealed record ExportSource(TunedModel Model, ValueList<LayerGrouping> Groupings, string Name, string BackboneName, ValueList<string> Labels)
{
    public Backbone Backbone => Model.Backbone;

    /// <summary>What the class of the whole model puts before the backbone's keys: T5ForConditionalGeneration puts nothing.</summary>
    public string Wrapper => Backbone.Config.T5 is null ? BackboneKeys.Prefix(Backbone.Config.ModelType) : "";

    public Tensor Value(string parameter) => Model.Parameters[parameter].Value;
}

/// <summary>Another project's layout. A method that is new to the studio is carried once the layout gives no reason against it and writes it.</summary>
internal interface IExportLayout
{
    /// <summary>Why the layout cannot carry the module; null where it can.</summary>
    /// <param name="module">of the plan</param>
    /// <param name="plan">what stands beside it</param>
    string? Against(ModulePlacement module, InsertionPlan plan);

    /// <summary>Why the layout cannot carry a trained tensor of the backbone; null where it can.</summary>
    string? Against(TrainedTensor tensor);

    /// <summary>Why a part must not be left out of this layout; null: the rest may go without it.</summary>
    string? AgainstParts { get; }

    /// <summary>Writes the files into a folder that is there and empty.</summary>
    /// <returns>what a reader of the files must know, in sentences</returns>
    IEnumerable<string> Write(ExportSource source, string folder);

    /// <summary>The logits of the files in <paramref name="folder"/>, loaded as anybody would; in the caller's scope.</summary>
    Tensor Logits(string folder, Backbone backbone, TokenBatch rows);
}
