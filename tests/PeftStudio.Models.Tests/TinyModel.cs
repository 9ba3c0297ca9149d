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
    public TinyModel(string model)
    {
        if (model is "bert" or "roberta")
            encoder = new TinyBackbone(model);
        else if (model == "bert-bare")
            encoder = new TinyBackbone("bert", pooler: false);
        else
            sequence = new TinySequence(model, layers: (4, 4));
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
