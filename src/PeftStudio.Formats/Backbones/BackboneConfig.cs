using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;

namespace PeftStudio.Formats.Backbones;

/// <summary>What config.json says of a backbone, checked. Sizes in units; dropouts as probabilities.</summary>
public sealed record BackboneConfig
{
    /// <summary>model_type of the file: bert, roberta, t5, bart.</summary>
    public required string ModelType { get; init; }

    public required int VocabSize { get; init; }

    public required int HiddenSize { get; init; }

    public required int Layers { get; init; }

    public required int Heads { get; init; }

    public required int IntermediateSize { get; init; }

    public required Activation HiddenAct { get; init; }

    /// <summary>0: positions are relative (T5), and rows may have any length.</summary>
    public required int MaxPositionEmbeddings { get; init; }

    /// <summary>1: there are no token types (T5, BART).</summary>
    public required int TypeVocabSize { get; init; }

    public required double LayerNormEps { get; init; }

    public required double HiddenDropout { get; init; }

    public required double AttentionDropout { get; init; }

    /// <summary>Null: the head uses <see cref="HiddenDropout"/>.</summary>
    public required double? ClassifierDropout { get; init; }

    /// <summary>Standard deviation of a new head's weights.</summary>
    public required double InitializerRange { get; init; }

    public required int PadTokenId { get; init; }

    /// <summary>Of the head that the checkpoint may carry, in order; one name for regression.</summary>
    public required ValueList<string> Labels { get; init; }

    /// <summary>regression, single_label_classification, multi_label_classification; null: not said.</summary>
    public required string? ProblemType { get; init; }

    /// <summary>What the file asks for and the studio does not do, in sentences for the user.</summary>
    public required ValueList<string> Ignored { get; init; }

    /// <summary>Null: an encoder alone.</summary>
    public DecoderConfig? Decoder { get; init; }

    /// <summary>Null: another family.</summary>
    public T5Config? T5 { get; init; }

    /// <summary>Null: another family.</summary>
    public BartConfig? Bart { get; init; }

    public int HeadSize => T5?.HeadSize ?? HiddenSize / Heads;

    /// <summary>The position of the first token: RoBERTa counts from the padding id on.</summary>
    public int FirstPosition => ModelType == "roberta" ? PadTokenId + 1 : 0;

    /// <summary>Most tokens a row; null: any number.</summary>
    public int? MaxLength => MaxPositionEmbeddings == 0 ? null : MaxPositionEmbeddings - FirstPosition;

    /// <summary>Elements of every tensor but head and pooler.</summary>
    public long Parameters => BackboneParameters.Of(this);

    /// <summary>What the search knows of this backbone.</summary>
    public BackboneShape Shape()
    {
        var (inner, biases) = (Heads * HeadSize, T5 is null);
        var encoder = new StackShape("encoder", Layers, HiddenSize, inner, IntermediateSize, Biases: biases) { IsGated = T5?.IsGated ?? false };
        return new(ModelType, Decoder is null ? [encoder] : [encoder, new StackShape("decoder", Decoder.Layers, HiddenSize, inner, Decoder.IntermediateSize, CrossAttention: true, biases) { IsGated = encoder.IsGated }], Parameters);
    }

    /// <summary>From the bytes of a config.json that lies nowhere yet.</summary>
    /// <exception cref="InvalidDataException">As for <see cref="FromFolder"/>.</exception>
    public static BackboneConfig Parse(ReadOnlyMemory<byte> json) => ConfigReader.Read(JsonFields.Parse("config.json", json));

    /// <exception cref="InvalidDataException">Absent, no JSON, an architecture that is not supported, or a field that is missing or wrong.</exception>
    public static BackboneConfig FromFolder(string folder) => ConfigReader.Read(JsonFields.Read(Path.Join(folder, "config.json"), maxBytes: 16_000_000));
}
