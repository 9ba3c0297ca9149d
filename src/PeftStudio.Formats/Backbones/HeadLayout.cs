namespace PeftStudio.Formats.Backbones;

/// <summary>
/// The classification heads of the families as data: first token, [dropout,] dense, tanh, dropout, out. BERT's dense is its pooler, which the checkpoint may bring;
/// RoBERTa's and BART's belong to the head.
/// </summary>
/// <param name="Dense">bare key of the first product's module.</param>
/// <param name="Out">bare key of the last product's module.</param>
/// <param name="DropoutBeforeDense">RoBERTa and BART drop twice.</param>
public sealed record HeadLayout(string Dense, string Out, bool DropoutBeforeDense)
{
    public static HeadLayout Of(string modelType) => modelType switch
    {
        "bert" => new HeadLayout("pooler.dense", "classifier", DropoutBeforeDense: false),
        "roberta" => new HeadLayout("classifier.dense", "classifier.out_proj", DropoutBeforeDense: true),
        "bart" => new HeadLayout("classification_head.dense", "classification_head.out_proj", DropoutBeforeDense: true),
        _ => throw new ArgumentOutOfRangeException(nameof(modelType), modelType, "no classification head is known for this model type"),
    };

    /// <summary>Whether the dense product is part of the pretrained model: frozen where the checkpoint has it.</summary>
    public bool HasPooler => Dense.StartsWith("pooler.", StringComparison.Ordinal);

    public IEnumerable<(string Key, long[] Shape)> Keys(long width, long outputs)
    {
        yield return (Dense + ".weight", [width, width]);
        yield return (Dense + ".bias", [width]);
        yield return (Out + ".weight", [outputs, width]);
        yield return (Out + ".bias", [outputs]);
    }
}
