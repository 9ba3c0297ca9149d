using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Models.Sequences;
using PeftStudio.Tests;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

/// <summary>What is kept between the steps of writing changes nothing: every text and its score are those of the same search over whole passes, whatever a trial has put into the layers.</summary>
public sealed class WritingCacheTests
{
    private const int MostTokens = 7;

    public static TheoryData<string, string> Designs()
    {
        var data = new TheoryData<string, string>();
        foreach (var row in MethodCases.All())
            if (row.Data is var (model, design) && model is not ("bert" or "roberta"))
                data.Add(model, design);
        return data;
    }

    [Theory]
    [MemberData(nameof(Designs))]
    public void Every_method_writes_the_texts_of_whole_passes(string model, string design)
    {
        using var files = new TinyModel(model);
        using var backbone = files.Load();
        using var tuned = MethodCases.Create(backbone, design, HeadPlan.LanguageModel);
        TrainedAdapter.Disturb(tuned);

        foreach (var width in new[] { 1, 3 })
            ShouldWriteAsWholePassesDo(tuned, width, end: 2);
    }

    [Theory]
    [InlineData("t5")]
    [InlineData("t5-1.0")]
    public void A_prefix_that_counts_as_tokens_moves_the_same_positions_at_every_step(string model)
    {
        using var files = new TinyModel(model);
        using var backbone = files.Load();
        using var unmoved = MethodCases.Create(backbone, "prefix|prefix+lora|-|prefix", HeadPlan.LanguageModel);
        var plan = unmoved.Plan with { Modules = [.. unmoved.Plan.Modules.Select(module => module with { CountsAsTokens = module.Gated })] };
        using var moved = TunedModel.Create(backbone, plan, HeadPlan.LanguageModel, Golden.Seed);
        TrainedAdapter.Disturb(moved);

        ShouldWriteAsWholePassesDo(moved, 3, end: 2);
    }

    /// <summary>Another token ends the texts in each turn, so that rows are done at steps of their own.</summary>
    [Theory]
    [InlineData("t5")]
    [InlineData("bart")]
    public void Rows_that_are_done_leave_and_the_others_go_on(string model)
    {
        using var files = new TinyModel(model);
        using var backbone = files.Load();
        using var tuned = TunedModel.Create(backbone, InsertionPlan.Everything(backbone, HeadPlan.LanguageModel), HeadPlan.LanguageModel, Golden.Seed);
        for (var seed = 1UL; seed <= 9; seed++)
            TrainedAdapter.Disturb(tuned, seed); // so far that the rows' texts differ
        var apart = 0;
        for (var end = 30; end < 48; end++)
        {
            var lengths = ShouldWriteAsWholePassesDo(tuned, 2, end).Select(text => text.Tokens.Length).ToArray();
            apart += lengths[0] == lengths[1] ? 0 : 1;
        }
        apart.ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData("t5")]
    [InlineData("bart")]
    public void An_adapter_of_the_reference_implementation_writes_the_texts_of_whole_passes(string model)
    {
        foreach (var adapter in new[] { "lora-all", "adapter-houlsby", "adapter-parallel-scaled", "prefix-flat" })
        {
            var folder = Folders.RequireShared("goldens", "models", model == "bart" ? "bart-lm" : model);
            var files = Folders.RequireShared("goldens", "models", model, "peft", adapter);
            using var backbone = Backbone.Load(folder, CPU, ScalarType.Float32);
            var imported = AdapterHubFolder.Read(files, backbone);
            using var tuned = TunedModel.Create(backbone, imported.Plan, HeadPlan.LanguageModel, Golden.Seed);
            imported.CopyTo(tuned.Parameters);

            ShouldWriteAsWholePassesDo(tuned, 3, end: backbone.Config.Bart?.EosTokenId ?? 1);
        }
    }

    private static WrittenTokens[] ShouldWriteAsWholePassesDo(TunedModel model, int width, int end)
    {
        using var scope = NewDisposeScope();
        using var batch = TinySequence.Batch();
        var written = model.Write(batch, width, MostTokens, end, TestContext.Current.CancellationToken);
        for (var row = 0; row < batch.Rows; row++)
        {
            var beam = new Beam(width, MostTokens, end);
            while (!beam.IsDone)
                beam.Continue([.. beam.Open.SelectMany(text => Next(model, batch, row, text.Tokens))]);
            written[row].Tokens.ShouldBe(beam.Best.Tokens, $"row {row}");
            written[row].MeanLogProbability.ShouldBe(beam.Best.MeanLogProbability, 1e-4);
        }
        return written;
    }

    /// <summary>Log probabilities of what follows a text, from one pass over the whole of it.</summary>
    private static float[] Next(TunedModel model, TokenBatch batch, int row, int[] text)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        long[] targets = [.. text.Select(token => (long)token), 0];
        var logits = model.Forward(batch, ForwardContext.Evaluation, tensor([.. Enumerable.Repeat(targets, batch.Rows).SelectMany(all => all)], [batch.Rows, targets.Length]));
        return nn.functional.log_softmax(logits[row, text.Length], -1).data<float>().ToArray();
    }
}
