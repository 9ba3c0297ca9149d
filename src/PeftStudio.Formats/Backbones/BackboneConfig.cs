using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;

namespace PeftStudio.Formats.Backbones;

/// <summary>What config.json says of a backbone, checked. Sizes in units; dropouts as probabilities.</summary>
public sealed record BackboneConfig
{
    /// <summary>model_type of the file: bert, roberta.</summary>
    public required string ModelType { get; init; }

    public required int VocabSize { get; init; }

    public required int HiddenSize { get; init; }

    public required int Layers { get; init; }

    public required int Heads { get; init; }

    public required int IntermediateSize { get; init; }

    public required Activation HiddenAct { get; init; }

    public required int MaxPositionEmbeddings { get; init; }

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

    public int HeadSize => HiddenSize / Heads;

    /// <summary>The position of the first token: RoBERTa counts from the padding id on.</summary>
    public int FirstPosition => ModelType == "roberta" ? PadTokenId + 1 : 0;

    /// <summary>Most tokens a row.</summary>
    public int MaxLength => MaxPositionEmbeddings - FirstPosition;

    /// <summary>Elements of every tensor but head and pooler.</summary>
    public long Parameters
    {
        get
        {
            long d = HiddenSize, f = IntermediateSize, norm = 2 * d;
            var embeddings = ((VocabSize + (long)MaxPositionEmbeddings + TypeVocabSize) * d) + norm;
            var layer = (4 * ((d * d) + d)) + norm + ((d * f) + f) + ((f * d) + d) + norm;
            return embeddings + (Layers * layer);
        }
    }

    /// <summary>What the search knows of this backbone.</summary>
    public BackboneShape Shape() =>
        new(ModelType, [new StackShape("encoder", Layers, HiddenSize, Heads * HeadSize, IntermediateSize)], Parameters);

    /// <summary>From the bytes of a config.json that lies nowhere yet.</summary>
    /// <exception cref="InvalidDataException">As for <see cref="FromFolder"/>.</exception>
    public static BackboneConfig Parse(ReadOnlyMemory<byte> json) => ConfigReader.Read(JsonFields.Parse("config.json", json));

    /// <exception cref="InvalidDataException">Absent, no JSON, an architecture that is not supported, or a field that is missing or wrong.</exception>
    public static BackboneConfig FromFolder(string folder) => ConfigReader.Read(JsonFields.Read(Path.Join(folder, "config.json"), maxBytes: 16_000_000));
}
