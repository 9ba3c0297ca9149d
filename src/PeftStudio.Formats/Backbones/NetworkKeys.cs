namespace PeftStudio.Formats.Backbones;

/// <summary>The tensors that a checkpoint of each family is made of, by their keys in the bare model.</summary>
public static class NetworkKeys
{
    /// <summary>Keys and shapes of every tensor of the backbone; all must be there.</summary>
    public static IEnumerable<(string Key, long[] Shape)> Of(BackboneConfig config) => config switch
    {
        { T5: { } t5, Decoder: { } decoder } => T5Keys.Of(config, t5, decoder),
        { Bart: not null, Decoder: { } decoder } => BartKeys.Of(config, decoder),
        _ => EncoderKeys.Of(config),
    };

    /// <summary>What is read of pooler and head where the checkpoint has it.</summary>
    public static IEnumerable<string> Head(BackboneConfig config) => config switch
    {
        { T5: { } t5 } => t5.HasTiedHead ? [] : [T5Keys.Head],
        { Bart: not null } => [BartKeys.LogitsBias, .. Classification(config)],
        _ => Classification(config),
    };

    private static IEnumerable<string> Classification(BackboneConfig config) => HeadLayout.Of(config.ModelType).Keys(1, 1).Select(k => k.Key);
}
