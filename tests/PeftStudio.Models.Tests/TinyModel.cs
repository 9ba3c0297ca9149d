using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Sequences;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

/// <summary>A random backbone of any family, four narrow layers a stack, with rows and a head for it.</summary>
internal sealed class TinyModel : IDisposable
{
    private readonly TinyBackbone? encoder;
    private readonly TinySequence? sequence;

    /// <param name="model">bert, roberta, t5, t5-1.0, bart, or bert-bare: without a pooler, whose dense product is trained</param>
    /// <param name="outputs">of a classification head in the checkpoint; 0: none</param>
    /// <param name="change">of each tensor in the checkpoint; null: it is not there</param>
    public TinyModel(string model, int outputs = 0, Func<SafetensorsTensor, SafetensorsTensor?>? change = null)
    {
        if (model is "bert" or "roberta")
            encoder = new TinyBackbone(model, outputs: outputs, change: change);
        else if (model == "bert-bare")
            encoder = new TinyBackbone("bert", pooler: false, outputs: outputs, change: change);
        else
            sequence = new TinySequence(model, outputs, layers: (4, 4), change: change);
    }

    public static readonly LabelWords Words = new([[3, 1], [4, 5, 1], [4, 6, 1]]);

    public string Folder => encoder?.Folder ?? sequence!.Folder;

    public Backbone Load(ScalarType type = ScalarType.Float32) => Backbone.Load(Folder, CPU, type);

    /// <summary>Three labels.</summary>
    public static HeadPlan Head(Backbone backbone) => backbone.Config.T5 is null ? HeadPlan.Classification(3) : HeadPlan.Written(Words);

    public static TokenBatch Batch(Backbone backbone, int time = 7) =>
        backbone.Config.Decoder is null ? TinyBackbone.Batch(backbone.Config.PadTokenId, time) : TinySequence.Batch(time);

    public void Dispose()
    {
        encoder?.Dispose();
        sequence?.Dispose();
    }
}
