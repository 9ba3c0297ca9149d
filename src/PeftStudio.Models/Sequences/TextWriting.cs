using PeftStudio.Models.Backbones;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Sequences;

/// <summary>What a language model wrote for one row.</summary>
/// <param name="Tokens">without start and end</param>
/// <param name="MeanLogProbability">of its tokens, the end counted; NaN or infinite where the model's numbers are</param>
public sealed record WrittenTokens(int[] Tokens, double MeanLogProbability);

/// <summary>
/// Beam search over a decoder, all rows side by side. A row's texts are a tree that grows by one token of each open text a step: the decoder reads these alone, beside the keys and values that
/// it kept of the rest, and what no open text continues is simply never seen again. Rows that are done leave the batch.
/// </summary>
internal static class TextWriting
{
    /// <param name="end">the token that ends a text</param>
    /// <exception cref="OperationCanceledException">Cancelled between two tokens.</exception>
    public static WrittenTokens[] Write(Backbone backbone, ISequenceNetwork network, TokenBatch batch, int width, int mostTokens, int end, CancellationToken cancellationToken)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var cache = new DecoderCache(backbone.Config.Decoder!.Layers);
        var padding = new AttentionMask(batch, backbone.Type, []).For(prefix: 0); // (batch, 1, 1, time)
        var encoded = new Encoded(network.Encode(batch.Ids, padding, ForwardContext.Evaluation, visit: null), padding, cache);
        var rows = Enumerable.Range(0, batch.Rows).Select(_ => new WrittenRow(new Beam(width, mostTokens, end), backbone.Config.Decoder.StartTokenId)).ToArray();
        var open = rows;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Continue(network, encoded, open);
            var going = Enumerable.Range(0, open.Length).Where(row => !open[row].Beam.IsDone).ToArray();
            if (going.Length == 0)
                return [.. rows.Select(row => row.Beam.Best)];
            if (going.Length == open.Length)
                continue;
            open = [.. going.Select(row => open[row])];
            using var kept = tensor([.. going.Select(row => (long)row)], device: batch.Ids.device);
            encoded = encoded.Only(kept);
        }
    }

    private static void Continue(ISequenceNetwork network, Encoded encoded, WrittenRow[] open)
    {
        using var step = NewDisposeScope();
        var texts = open[0].Beam.Open.Count;
        var ids = tensor([.. open.SelectMany(row => row.Inputs)], [open.Length, texts], device: encoded.Hidden.device);
        var hidden = network.Decode(ids, DecoderLayout.Trees([.. open.Select(row => row.Parents)], texts), encoded, ForwardContext.Evaluation, visit: null);
        var logits = network.Vocabulary(hidden, tokens: null).In(ScalarType.Float32); // (rows, texts, vocabulary)
        var next = nn.functional.log_softmax(logits, -1).cpu().data<float>().ToArray();
        var size = next.Length / open.Length;
        for (var row = 0; row < open.Length; row++)
            open[row].Continue(next.AsSpan(row * size, size));
    }

    /// <summary>One row's texts as a tree of the decoder's inputs.</summary>
    private sealed class WrittenRow(Beam beam, int start)
    {
        private readonly List<int> parents = [-1];

        public Beam Beam => beam;

        /// <summary>Which input each one continues; the last are <see cref="Inputs"/>.</summary>
        public IReadOnlyList<int> Parents => parents;

        /// <summary>The last token of each open text.</summary>
        public IEnumerable<long> Inputs => beam.Open.Select(text => text.Tokens is [.., var last] ? last : (long)start);

        public void Continue(ReadOnlySpan<float> logProbabilities)
        {
            var first = parents.Count - beam.Open.Count;
            beam.Continue(logProbabilities);
            parents.AddRange(beam.Open.Select(text => first + text.Continues));
        }
    }
}
