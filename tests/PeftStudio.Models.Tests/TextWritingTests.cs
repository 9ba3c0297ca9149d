using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Models.Sequences;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

/// <summary>Texts that tiny random models write, against one pass over every text there is.</summary>
public sealed class TextWritingTests
{
    private const int End = 2;
    private const int Vocabulary = 50;

    [Theory]
    [InlineData("t5")]
    [InlineData("bart")]
    public void A_wide_beam_writes_the_likeliest_of_all_texts(string family)
    {
        using var scope = NewDisposeScope();
        using var files = new TinySequence(family);
        using var backbone = files.Load();
        using var model = TunedModel.Create(backbone, InsertionPlan.Empty, HeadPlan.LanguageModel, Golden.Seed);
        using var batch = TinySequence.Batch();

        var written = model.Write(batch, Vocabulary * Vocabulary, mostTokens: 2, End, TestContext.Current.CancellationToken);

        // The empty text, every text of one token and the end, and every one of two.
        for (var row = 0; row < batch.Rows; row++)
        {
            var firsts = LogProbabilities(model, batch, row, 0, 0)[0];
            var best = (Tokens: Array.Empty<int>(), Mean: firsts[End]);
            foreach (var first in Enumerable.Range(0, Vocabulary).Where(token => token != End))
            {
                var seconds = LogProbabilities(model, batch, row, first, 0)[1];
                for (var second = 0; second < Vocabulary; second++)
                    if ((firsts[first] + seconds[second]) / 2 is var mean && mean > best.Mean)
                        best = (second == End ? [first] : [first, second], mean);
            }
            written[row].Tokens.ShouldBe(best.Tokens);
            written[row].MeanLogProbability.ShouldBe((double)best.Mean, 1e-5);
        }
    }

    [Theory]
    [InlineData("t5", 1)]
    [InlineData("t5", 4)]
    [InlineData("bart", 1)]
    [InlineData("bart", 4)]
    public void A_row_has_its_text_alone_and_beside_others_and_its_mean_is_that_of_one_pass(string family, int width)
    {
        using var scope = NewDisposeScope();
        using var files = new TinySequence(family);
        using var backbone = files.Load();
        using var model = TunedModel.Create(backbone, InsertionPlan.Empty, HeadPlan.LanguageModel, Golden.Seed);
        using var batch = TinySequence.Batch();
        using var second = new TokenBatch([20, 21, 22, 2], [1, 1, 1, 1], null, 1, CPU);

        var both = model.Write(batch, width, mostTokens: 9, End, TestContext.Current.CancellationToken);
        var alone = model.Write(second, width, mostTokens: 9, End, TestContext.Current.CancellationToken)[0];

        alone.Tokens.ShouldBe(both[1].Tokens);
        alone.MeanLogProbability.ShouldBe(both[1].MeanLogProbability, 1e-5);
        for (var row = 0; row < batch.Rows; row++)
        {
            int[] targets = both[row].Tokens.Length < 9 ? [.. both[row].Tokens, End] : both[row].Tokens;
            var each = LogProbabilities(model, batch, row, targets);
            ((double)targets.Select((token, i) => each[i][token]).Average()).ShouldBe(both[row].MeanLogProbability, 1e-5);
            if (width == 1)
                targets.Select((_, i) => Array.IndexOf(each[i], each[i].Max())).ShouldBe(targets);
        }
    }

    [Fact]
    public void Only_a_language_model_writes()
    {
        using var files = new TinySequence("bart");
        using var backbone = files.Load();
        using var model = TunedModel.Create(backbone, InsertionPlan.Empty, HeadPlan.Classification(2), Golden.Seed);
        using var batch = TinySequence.Batch();

        Should.Throw<InvalidOperationException>(() => model.Write(batch, 1, 2, End, TestContext.Current.CancellationToken)).Message.ShouldContain("only a language model");
    }

    [Fact]
    public void Writing_stops_when_it_is_cancelled()
    {
        using var scope = NewDisposeScope();
        using var files = new TinySequence("t5");
        using var backbone = files.Load();
        using var model = TunedModel.Create(backbone, InsertionPlan.Empty, HeadPlan.LanguageModel, Golden.Seed);
        using var batch = TinySequence.Batch();

        Should.Throw<OperationCanceledException>(() => model.Write(batch, 2, 5, End, new CancellationToken(canceled: true)));
    }

    // (targets, vocabulary): of each next token, given those before it.
    private static float[][] LogProbabilities(TunedModel model, TokenBatch batch, int row, params int[] targets)
    {
        using var scope = NewDisposeScope();
        var asked = tensor(Enumerable.Repeat(targets.Select(token => (long)token), batch.Rows).SelectMany(text => text).ToArray(), [batch.Rows, targets.Length]);
        var logits = model.Forward(batch, ForwardContext.Evaluation, asked);
        return [.. nn.functional.log_softmax(logits, -1).narrow(0, row, 1).cpu().data<float>().ToArray().Chunk(Vocabulary)];
    }
}
