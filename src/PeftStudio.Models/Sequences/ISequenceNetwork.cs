using PeftStudio.Models.Backbones;
using static TorchSharp.torch;

namespace PeftStudio.Models.Sequences;

/// <summary>An encoder-decoder of one family over its weights. All results lie in the caller's scope.</summary>
internal interface ISequenceNetwork
{
    /// <param name="padding">added to attention scores, (batch, 1, 1, time); null: every token is seen</param>
    /// <param name="visit">is shown the stack's hidden states as the reference implementation counts them: 0 the embedding output, last the stack's output.</param>
    /// <returns>(batch, time, width)</returns>
    Tensor Encode(Tensor ids, Tensor? padding, ForwardContext context, Action<int, Tensor>? visit);

    /// <param name="ids">the decoder's inputs, (batch, rows)</param>
    /// <param name="layout">of the rows: which sees which.</param>
    /// <param name="encoded">with a cache, which is given this pass's keys, where more passes are to follow</param>
    /// <returns>(batch, rows, width)</returns>
    Tensor Decode(Tensor ids, DecoderLayout layout, Encoded encoded, ForwardContext context, Action<int, Tensor>? visit);

    /// <param name="hidden">the decoder's output, (batch, rows, width)</param>
    /// <param name="tokens">(tokens), int64: those that are asked for; null: the vocabulary</param>
    /// <returns>(batch, rows, tokens)</returns>
    Tensor Vocabulary(Tensor hidden, Tensor? tokens);
}
