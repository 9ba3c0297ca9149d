using static TorchSharp.torch;

namespace PeftStudio.Models.Backbones;

/// <summary>A backbone with a trial's parameters and a head in it, as one of the families computes it.</summary>
internal interface ITaskNetwork
{
    /// <param name="targets">of a language model: (rows, targets), int64, -100 where nothing is asked; null otherwise</param>
    /// <param name="visit">is shown hidden states by their stack and their number: 0 the embedding output, last the stack's output; what it is shown is freed afterwards.</param>
    /// <returns>(rows, outputs), or (rows, targets, vocabulary); fp32 (fp64 where the backbone is), in the caller's scope</returns>
    /// <exception cref="ArgumentException">The rows are none that the network can read.</exception>
    Tensor Forward(TokenBatch batch, Tensor? targets, ForwardContext context, Action<string, int, Tensor>? visit);
}
