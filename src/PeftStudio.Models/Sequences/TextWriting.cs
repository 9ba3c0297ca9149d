using PeftStudio.Models.Backbones;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Sequences;

/// <summary>What a language model wrote for one row.</summary>
/// <param name="Tokens">without start and end</param>
/// <param name="MeanLogProbability">of its tokens, the end counted; NaN or infinite where the model's numbers are</param>
public sealed record WrittenTokens(int[] Tokens, double MeanLogProbability);

/// <summary>
/// Beam search over a decoder, all rows side by side: the encoder reads once, the decoder reads each text kept so far again at every step (nothing is cached between steps, so that the
/// numbers are those of one pass over the finished text).
/// </summary>
internal static class TextWriting
{
    /// <param name="end">the token that ends a text</param>
    /// <exception cref="OperationCanceledException">Cancelled between two tokens.</exception>
    public static WrittenTokens[] Write(Backbone backbone, ISequenceNetwork network, TokenBatch batch, int width, int mostTokens, int end, CancellationToken cancellationToken)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var start = backbone.Config.Decoder!.StartTokenId;
        var padding = new AttentionMask(batch, backbone.Type, []).For(prefix: 0); // (batch, 1, 1, time)
        var encoded = network.Encode(batch.Ids, padding, ForwardContext.Evaluation, visit: null); // (batch, time, width)
        var beams = Enumerable.Range(0, batch.Rows).Select(_ => new Beam(width, mostTokens, end)).ToArray();
        for (var length = 1; beams.Any(beam => !beam.IsDone); length++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Continue(length);
        }
        return [.. beams.Select(beam => beam.Best)];

        void Continue(int length)
        {
            using var step = NewDisposeScope();
            var rows = tensor([.. beams.SelectMany((beam, row) => Enumerable.Repeat((long)row, beam.OpenCount))], device: batch.Ids.device);
            var ids = tensor(beams.SelectMany(beam => beam.Open).SelectMany(text => text.Prepend(start)).Select(token => (long)token).ToArray(), [rows.size(0), length], device: batch.Ids.device);
            var hidden = network.Decode(
                ids, DecoderLayout.Line(length), encoded.index_select(0, rows), padding?.index_select(0, rows), ForwardContext.Evaluation, visit: null);
            var logits = network.Vocabulary(hidden.narrow(1, length - 1, 1), tokens: null).In(ScalarType.Float32); // (open texts, 1, vocabulary)
            var next = nn.functional.log_softmax(logits, -1).cpu().data<float>().ToArray();
            var vocabulary = next.Length / (int)rows.size(0);
            var at = 0;
            foreach (var beam in beams.Where(beam => !beam.IsDone))
            {
                var count = beam.OpenCount * vocabulary;
                beam.Continue(next.AsSpan(at, count));
                at += count;
            }
        }
    }
}
