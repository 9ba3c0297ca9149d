namespace PeftStudio.Formats.Tokenizers;

/// <summary>What of a SentencePiece model (spiece.model) decides over ids. Field numbers: sentencepiece_model.proto of google/sentencepiece.</summary>
/// <param name="File">named in the errors</param>
/// <param name="Pieces">in the order of their ids, each with its log-probability</param>
/// <param name="Unknown">the id of the unknown piece</param>
/// <param name="Characters">null: characters stay as they are</param>
/// <param name="AddsPrefix">whether each text is read as if a space stood in front</param>
internal sealed record SentencePieceFile(string File, List<(string Piece, double Score)> Pieces, int Unknown, PrecompiledCharacters? Characters, bool AddsPrefix)
{
    // Four times the largest that was published, mT5's.
    private const long MaxBytes = 16_000_000;
    private const int Unigram = 1;

    /// <exception cref="InvalidDataException">Too large, damaged, or with rules that are not supported.</exception>
    public static SentencePieceFile Read(string file)
    {
        var length = new FileInfo(file).Length;
        return length <= MaxBytes
            ? Parse(file, System.IO.File.ReadAllBytes(file))
            : throw new InvalidDataException($"{file}: has {length} bytes; at most {MaxBytes} are read");
    }

    private static SentencePieceFile Parse(string file, byte[] bytes)
    {
        var pieces = new List<(string, double)>();
        var (unknown, characters, addsPrefix) = (0, (PrecompiledCharacters?)null, true);
        var model = new ProtobufFields(file, "model", bytes);
        while (model.Next())
            switch (model.Field)
            {
                case 1:
                    pieces.Add(ReadPiece(file, $"pieces[{pieces.Count}]", model.Bytes("pieces")));
                    break;
                case 2:
                    unknown = ReadTrainer(new ProtobufFields(file, "trainer_spec", model.Bytes("trainer_spec")), file) ?? unknown;
                    break;
                case 3:
                    (characters, addsPrefix) = ReadNormalizer(new ProtobufFields(file, "normalizer_spec", model.Bytes("normalizer_spec")), file);
                    break;
            }
        if (pieces.Count == 0)
            throw new InvalidDataException($"{file}: is not a SentencePiece model: it has no 'pieces'");
        return unknown >= 0 && unknown < pieces.Count
            ? new SentencePieceFile(file, pieces, unknown, characters, addsPrefix)
            : throw new InvalidDataException($"{file}: 'trainer_spec.unk_id' is {unknown}, and there are {pieces.Count} pieces");
    }

    private static (string Piece, double Score) ReadPiece(string file, string name, ReadOnlySpan<byte> bytes)
    {
        const int Normal = 1, Unknown = 2, Control = 3;
        var (text, score) = ("", 0f);
        var fields = new ProtobufFields(file, name, bytes);
        while (fields.Next())
            switch (fields.Field)
            {
                case 1:
                    text = fields.Text("piece");
                    break;
                case 2:
                    score = fields.Float("score");
                    break;
                case 3 when fields.Int("type") is not (Normal or Unknown or Control) and var type:
                    throw new InvalidDataException($"{file}: '{name}.type' is {type}; normal, unknown and control pieces (1, 2, 3) are supported");
            }
        if (text.Length == 0)
            throw new InvalidDataException($"{file}: '{name}.piece' is empty");
        return float.IsFinite(score) ? (text, score) : throw new InvalidDataException($"{file}: '{name}.score' is not a finite number");
    }

    /// <summary>The id of the unknown piece; null where the file does not say.</summary>
    private static int? ReadTrainer(ProtobufFields fields, string file)
    {
        int? unknown = null;
        while (fields.Next())
            switch (fields.Field)
            {
                case 3 when fields.Int("model_type") is not Unigram and var type:
                    throw new InvalidDataException($"{file}: 'trainer_spec.model_type' is {type}; unigram models (1) are supported");
                case 24 when fields.Flag("treat_whitespace_as_suffix"):
                    throw new InvalidDataException($"{file}: 'trainer_spec.treat_whitespace_as_suffix' is true; white space as a prefix is supported");
                case 35 when fields.Flag("byte_fallback"):
                    throw new InvalidDataException($"{file}: 'trainer_spec.byte_fallback' is true; models with an unknown piece instead are supported");
                case 40:
                    unknown = fields.Int("unk_id");
                    break;
            }
        return unknown;
    }

    private static (PrecompiledCharacters? Characters, bool AddsPrefix) ReadNormalizer(ProtobufFields fields, string file)
    {
        var (characters, addsPrefix) = ((PrecompiledCharacters?)null, true);
        while (fields.Next())
            switch (fields.Field)
            {
                case 2 when !fields.Bytes("precompiled_charsmap").IsEmpty:
                    characters = ReadCharacters(file, fields.Bytes("precompiled_charsmap"));
                    break;
                case 3:
                    addsPrefix = fields.Flag("add_dummy_prefix");
                    break;
                case 4 when !fields.Flag("remove_extra_whitespaces"):
                    throw new InvalidDataException($"{file}: 'normalizer_spec.remove_extra_whitespaces' is false; models that remove them are supported");
                case 5 when !fields.Flag("escape_whitespaces"):
                    throw new InvalidDataException($"{file}: 'normalizer_spec.escape_whitespaces' is false; models that mark spaces are supported");
            }
        return (characters, addsPrefix);
    }

    private static PrecompiledCharacters ReadCharacters(string file, ReadOnlySpan<byte> map)
    {
        try
        {
            return new PrecompiledCharacters(map.ToArray());
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"{file}: 'normalizer_spec.precompiled_charsmap' {e.Message}", e);
        }
    }
}
