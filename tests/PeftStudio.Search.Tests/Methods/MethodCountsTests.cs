using FsCheck;
using FsCheck.Fluent;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;

namespace PeftStudio.Search.Tests.Methods;

public sealed class MethodCountsTests
{
    private static readonly StackShape Base = new("encoder", 12, 768, 768, 3072);

    [Theory]
    [InlineData("lora", 1, 3_072)]
    [InlineData("lora", 8, 24_576)]
    [InlineData("adapter", 1, 2_305)]
    [InlineData("adapter", 48, 74_544)]
    [InlineData("prefix", 10, 15_360)]
    [InlineData("bitfit", 0, 8_448)]
    [InlineData("bitfit", 5, 8_448)]
    [InlineData("houlsby", 48, 149_088)]
    [InlineData("parallel", 48, 74_544)]
    [InlineData("scaled-parallel", 16, 25_360)]
    [InlineData("multihead-parallel", 10, 15_360)]
    [InlineData("lora-ffn", 8, 61_440)]
    [InlineData("lora-all", 8, 110_592)]
    [InlineData("lowrank-adapter", 8, 26_928)]
    [InlineData("layernorm", 0, 3_072)]
    [InlineData("ia3", 0, 4_608)]
    public void Counts_of_a_base_layer(string method, int size, long expected) =>
        NamedMethods.Get(method).ParametersPerLayer(Base, size).ShouldBe(expected);

    [Fact]
    public void A_reparametrisation_is_counted_apart()
    {
        var prefix = NamedMethods.Prefix with { Reparametrisation = 512 };
        prefix.ParametersPerLayer(Base, 30).ShouldBe(NamedMethods.Prefix.ParametersPerLayer(Base, 30));
        // Embedding, 768 -> 512 and 512 -> 2 x 768 with biases.
        prefix.TrainingOnlyParametersPerLayer(Base, 30).ShouldBe((30 * 768) + (768 * 512) + 512 + (512 * 1_536) + 1_536);
        prefix.TrainingOnlyParametersPerLayer(Base with { CrossAttention = true }, 30).ShouldBe(2 * prefix.TrainingOnlyParametersPerLayer(Base, 30));
        NamedMethods.Prefix.TrainingOnlyParametersPerLayer(Base, 30).ShouldBe(0);
        MethodText.Of(prefix).ShouldEndWith("; while it trains a tanh MLP of width 512 makes them");
        CanonicalJson.Write(NamedMethods.Prefix).ShouldNotContain("reparametrisation");
        CanonicalJson.Read<PeftMethod>(CanonicalJson.Write(prefix)).ShouldBe(prefix);
    }

    /// <summary>S3Delta's LowRankAdapter on T5-large, rank 1: d = 1,024, m = 32.</summary>
    [Fact]
    public void A_low_rank_adapter_of_t5_large() =>
        (NamedMethods.LowRankAdapter with { Representation = ModifiedRepresentation.FeedForwardOutput }).ParametersPerLayer(new StackShape("encoder", 24, 1_024, 1_024, 4_096), 1).ShouldBe(3_168);

    /// <summary>The biases of all layers and the embeddings' norm: what BitFit of the whole encoder has.</summary>
    [Fact]
    public void A_size_of_ones_own_is_among_what_is_fixed()
    {
        var prefix = NamedMethods.Prefix with { Size = 30, Reparametrisation = 512 };
        (prefix.HasSize, prefix.IsSized, prefix.UnitParameters(Base)).ShouldBe((true, false, 0));
        prefix.FixedParameters(Base).ShouldBe(NamedMethods.Prefix.ParametersPerLayer(Base, 30));
        prefix.ParametersPerLayer(Base, 1).ShouldBe(prefix.FixedParameters(Base));
        prefix.TrainingOnlyParametersPerLayer(Base, 1).ShouldBe((prefix with { Size = null }).TrainingOnlyParametersPerLayer(Base, 30));
        (NamedMethods.ScaledParallel with { Size = 512 }).FixedParameters(Base).ShouldBe((2 * 768 * 512) + 512 + 768);
        (NamedMethods.Prefix.HasSize, NamedMethods.Prefix.IsSized, NamedMethods.BitFit.HasSize, NamedMethods.BitFit.IsSized).ShouldBe((true, true, false, false));
        MethodText.Of(NamedMethods.ScaledParallel with { Size = 512 }).ShouldBe("ReLU bottleneck beside the feed-forward, reading its input, added times 2; its size is 512, whatever the budget");
    }

    /// <summary>What was stored before sizes of their own came reads as it did, and has the hash that it had.</summary>
    [Fact]
    public void A_method_without_a_size_of_its_own_keeps_its_bytes()
    {
        const string stored = """{"name":"lora","title":"LoRA","form":"lowRank","representation":"query, value","insertion":"parallel","composition":"scaled","scale":2}""";
        CanonicalJson.Read<PeftMethod>(stored).ShouldBe(NamedMethods.Lora);
        CanonicalJson.Write(NamedMethods.Lora).ShouldBe(stored);
        CanonicalJson.Write(NamedMethods.Lora with { Size = 4 }).ShouldBe(stored.Replace("}", ",\"size\":4}", StringComparison.Ordinal));
        CanonicalJson.Read<PeftMethod>(CanonicalJson.Write(NamedMethods.Lora with { Size = 4 })).ShouldBe(NamedMethods.Lora with { Size = 4 });
    }

    [Fact]
    public void All_biases_of_roberta_base() => ((12 * NamedMethods.BitFit.FixedParameters(Base)) + 768).ShouldBe(102_144);

    /// <summary>A layer's weights counted tensor by tensor, with an inner width of its own.</summary>
    [Fact]
    public void Counts_equal_the_sum_over_the_tensors_that_the_method_adds() =>
        Prop.ForAll((from d in Gen.Choose(1, 300) from a in Gen.Choose(1, 300) from f in Gen.Choose(1, 900) from size in Gen.Choose(1, 64) select (d, a, f, size)).ToArbitrary(), x =>
        {
            var (d, a, f, size) = x;
            var stack = new StackShape("encoder", 1, d, a, f);
            (int Rows, int Columns)[] lora = [(size, d), (a, size), (size, d), (a, size)];
            (int Rows, int Columns)[] adapter = [(size, d), (size, 1), (d, size), (d, 1)];
            (int Rows, int Columns)[] prefix = [(size, a), (size, a)];
            (int Rows, int Columns)[] bitfit = [(a, 1), (a, 1), (a, 1), (d, 1), (d, 1), (f, 1), (d, 1), (d, 1)];
            (int Rows, int Columns)[] lowRank = [(size, d), (d, size), (size, d), (d, size)];
            var m = Math.Max(1, d / 32);
            (int Rows, int Columns)[] lowRankAdapter = [(size, d), (m, size), (m, 1), (size, m), (d, size), (d, 1)];
            (int Rows, int Columns)[] ia3 = [(a, 1), (a, 1), (f, 1)];
            (int Rows, int Columns)[] feedForward = [(size, d), (f, size), (size, f), (d, size)];
            (int Rows, int Columns)[] all = [.. lora, (size, d), (a, size), (size, a), (d, size), .. feedForward];
            return Count([.. adapter, .. adapter]) == NamedMethods.Houlsby.ParametersPerLayer(stack, size) && Count(adapter) == NamedMethods.ScaledParallel.ParametersPerLayer(stack, size)
                && Count(prefix) == NamedMethods.MultiHeadParallel.ParametersPerLayer(stack, size) && Count(lowRank) == (NamedMethods.LowRankAdapter with { Form = FunctionalForm.LowRank }).ParametersPerLayer(stack, size)
                && 2 * Count(lowRankAdapter) == NamedMethods.LowRankAdapter.ParametersPerLayer(stack, size)
                && Count(feedForward) == NamedMethods.LoraFeedForward.ParametersPerLayer(stack, size) && Count(all) == NamedMethods.LoraAll.ParametersPerLayer(stack, size)
                && Count(ia3) == NamedMethods.Ia3.ParametersPerLayer(stack, size) && 4 * d == NamedMethods.LayerNorm.ParametersPerLayer(stack, size)
                && Count(lora) == NamedMethods.Lora.ParametersPerLayer(stack, size) && Count(adapter) == NamedMethods.Adapter.ParametersPerLayer(stack, size)
                && Count(prefix) == NamedMethods.Prefix.ParametersPerLayer(stack, size) && Count(bitfit) == NamedMethods.BitFit.ParametersPerLayer(stack, size);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Cross_attention_doubles_what_concerns_attention_and_adds_a_norm()
    {
        var decoder = Base with { CrossAttention = true };

        NamedMethods.Lora.UnitParameters(decoder).ShouldBe(2 * 3_072);
        NamedMethods.Prefix.UnitParameters(decoder).ShouldBe(2 * 1_536);
        NamedMethods.Adapter.ParametersPerLayer(decoder, 4).ShouldBe(NamedMethods.Adapter.ParametersPerLayer(Base, 4));
        NamedMethods.BitFit.FixedParameters(decoder).ShouldBe(16 * 768);
        NamedMethods.Houlsby.UnitParameters(decoder).ShouldBe(3 * 1_537);
        NamedMethods.LayerNorm.FixedParameters(decoder).ShouldBe(6 * 768);
        NamedMethods.Ia3.FixedParameters(decoder).ShouldBe((4 * 768) + 3_072);
    }

    [Fact]
    public void An_unknown_method_names_those_there_are() =>
        Should.Throw<ArgumentException>(() => NamedMethods.Get("Lora")).Message.ShouldBe(
            "no method is called 'Lora'; there are adapter, prefix, bitfit, lora, houlsby, parallel, scaled-parallel, multihead-parallel, lora-ffn, lora-all, lowrank-adapter, layernorm, ia3");

    private static long Count((int Rows, int Columns)[] tensors) => tensors.Sum(tensor => (long)tensor.Rows * tensor.Columns);
}
