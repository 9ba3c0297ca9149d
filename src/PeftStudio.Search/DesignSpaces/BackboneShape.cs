using System.Text.Json.Serialization;

namespace PeftStudio.Search.DesignSpaces;

/// <summary>One stack of equal layers (an encoder or a decoder), as far as parameter counts depend on it.</summary>
/// <param name="InnerWidth">heads x head size; the width of queries, keys and values, not always <paramref name="Width"/>.</param>
/// <param name="Biases">whether linear and norm modules carry biases (BERT, RoBERTa, BART do, T5 does not).</param>
public sealed record StackShape(string Name, int Layers, int Width, int InnerWidth, int FeedForward, bool CrossAttention = false, bool Biases = true)
{
    /// <summary>T5 1.1: the feed-forward sub-layer has two inner products, one activated and one not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsGated { get; init; }
}

/// <summary>What the search knows of a backbone. <paramref name="Parameters"/>: every tensor's elements but head and pooler.</summary>
public sealed record BackboneShape(string Architecture, ValueList<StackShape> Stacks, long Parameters);
