using static TorchSharp.torch;

namespace PeftStudio.Models.Peft;

/// <summary>A parameter that is to be made.</summary>
/// <param name="Name">as in the checkpoint without its wrapper's prefix, or under it: <c>encoder.layer.3.attention.self.query.lora.down</c>.</param>
/// <param name="Group">whose learning rate it has: a method's name, <see cref="ParameterGroups.Head"/> or <see cref="ParameterGroups.Backbone"/>.</param>
/// <param name="Decays">false for biases, norms and vectors that multiply.</param>
/// <param name="Initial">its first value on any device, in any floating type; freed by who asks for it.</param>
internal sealed record ParameterSpec(string Name, long[] Shape, string Group, bool Decays, Func<Tensor> Initial)
{
    public long Count => Shape.Aggregate(1L, (product, size) => product * size);
}

public static class ParameterGroups
{
    public const string Head = "head";

    /// <summary>Of full fine-tuning, and of tensors trained outside all methods.</summary>
    public const string Backbone = "backbone";

    /// <summary>Weight decay leaves biases and norms alone, as everywhere in the literature, and vectors that multiply, whose rest is 1.</summary>
    internal static bool Decays(string name) =>
        !name.EndsWith($".{ModuleParameters.Rescaling}", StringComparison.Ordinal) && !name.EndsWith(".bias", StringComparison.Ordinal)
        && !name.Contains("LayerNorm", StringComparison.Ordinal) && !name.Contains("layer_norm", StringComparison.Ordinal) && !name.Contains("layernorm_embedding", StringComparison.Ordinal);
}
