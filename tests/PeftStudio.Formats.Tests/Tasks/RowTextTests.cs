using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Metrics;
using PeftStudio.Formats.Tasks;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests.Tasks;

/// <summary>The texts of T5's pretraining letter by letter: a tokenizer of a test knows few of their words.</summary>
public sealed class RowTextTests
{
    private static readonly BackboneConfig T5 = BackboneConfig.Parse(
        """{"model_type": "t5", "vocab_size": 100, "d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 2, "num_heads": 2, "feed_forward_proj": "relu"}"""u8.ToArray());

    [Theory]
    [InlineData("CoLA", null, "cola sentence: one")]
    [InlineData("SST-2", null, "sst2 sentence: one")]
    [InlineData("MRPC", "two", "mrpc sentence1: one sentence2: two")]
    [InlineData("STS-B", "two", "stsb sentence1: one sentence2: two")]
    [InlineData("QQP", "two", "qqp question1: one question2: two")]
    [InlineData("MNLI", "two", "mnli hypothesis: two premise: one")]
    [InlineData("QNLI", "two", "qnli question: one sentence: two")]
    [InlineData("RTE", "two", "rte sentence1: one sentence2: two")]
    [InlineData("WNLI", "two", "wnli sentence1: one sentence2: two")]
    public void T5_reads_each_of_glues_nine_as_one_text(string task, string? pair, string read)
    {
        var definition = GlueTasks.Find(task).ShouldNotBeNull();
        (definition.Pair is null).ShouldBe(pair is null);
        RowText.Of(definition, T5).OneText("one", pair).ShouldBe(read);
    }

    [Theory]
    [InlineData(null, "opinions sentence: one")]
    [InlineData("two", "opinions sentence1: one sentence2: two")]
    public void A_task_of_ones_own_is_named_as_it_is(string? pair, string read)
    {
        var definition = new TaskDefinition(
            "opinions", "t.tsv", "d.tsv", Column.Named("a"), pair is null ? null : Column.Named("p"), Column.Named("b"), new TaskLabels(["no", "yes"]), null, [TaskMetric.Accuracy]);
        RowText.Of(definition, T5).OneText("one", pair).ShouldBe(read);
    }

    [Fact]
    public void Others_read_the_texts_as_they_are()
    {
        var bert = BackboneConfig.Parse(File.ReadAllBytes(Path.Join(Folders.Repository, "samples", "backbones", "sample", "config.json")));
        RowText.Of(GlueTasks.Find("MNLI").ShouldNotBeNull(), bert).OneText("one", "two").ShouldBeNull();
    }
}
