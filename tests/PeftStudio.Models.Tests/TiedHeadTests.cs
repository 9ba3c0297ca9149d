using System.Text.Json.Nodes;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
using PeftStudio.Tests;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

/// <summary>A T5 with a head of its own, as transformers 5 saves it: its configuration calls every T5 tied, and says apart whether the output is scaled.</summary>
public sealed class TiedHeadTests
{
    [Fact]
    public void A_head_that_the_checkpoint_brings_is_its_own_and_the_scale_is_the_configurations()
    {
        using var scope = NewDisposeScope();
        using var files = new TinySequence("t5");
        using var backbone = files.Load();
        var wanted = Logits(backbone);
        Describe(files, tied: true, scales: false);
        using var again = files.Load();
        again.Hash.ShouldBe(backbone.Hash);
        again.Report.Unexpected.ShouldBeEmpty();
        Logits(again).ShouldBe(wanted);
    }

    [Fact]
    public void A_head_that_is_the_embeddings_once_more_is_tied()
    {
        using var scope = NewDisposeScope();
        SafetensorsTensor? words = null;
        using var files = new TinySequence("t5", change: t => t.Key == "shared.weight" ? words = t : t.Key == "lm_head.weight" && words is not null ? new SafetensorsTensor(t.Key, words.Type, words.Shape, words.Bytes) : t);
        Describe(files, tied: true, scales: null);
        using var backbone = files.Load();
        backbone.Config.T5.ShouldNotBeNull().HasTiedHead.ShouldBeTrue();
        Describe(files, tied: false, scales: true);
        using var own = files.Load();
        Logits(own).ShouldBe(Logits(backbone));
    }

    private static void Describe(TinySequence files, bool tied, bool? scales)
    {
        var path = Path.Combine(files.Folder, "config.json");
        var config = JsonNode.Parse(File.ReadAllText(path)).ShouldNotBeNull();
        config["tie_word_embeddings"] = tied;
        if (scales is { } scale)
            config["scale_decoder_outputs"] = scale;
        File.WriteAllText(path, config.ToJsonString());
    }

    private static float[] Logits(Backbone backbone)
    {
        using var noGrad = no_grad();
        using var model = TunedModel.Create(backbone, InsertionPlan.Empty, HeadPlan.LanguageModel, new InitialisationSeed(1, 2));
        using var batch = TinySequence.Batch();
        return [.. model.Forward(batch, ForwardContext.Evaluation, tensor(new long[] { 3, 4, 1, 7, 1, -100 }, [2, 3])).data<float>()];
    }
}
