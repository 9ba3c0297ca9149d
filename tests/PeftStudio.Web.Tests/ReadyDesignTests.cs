using System.Text;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Studies;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;
using PeftStudio.Web.Parts.NewStudy;

namespace PeftStudio.Web.Tests;

public sealed class ReadyDesignTests
{
    private static readonly StudyPlan Plan = new() { Name = "One", Backbone = "it", Tasks = ["RTE"], Space = null, Design = OneDesign.Start };

    private static readonly Dictionary<string, BackboneShape> Shapes = new(StringComparer.Ordinal)
    {
        ["roberta-of-6"] = Roberta(6),
        ["roberta-base"] = Roberta(12),
        ["roberta-of-24"] = Roberta(24),
        ["t5-base"] = T5(layers: 12, width: 768, heads: 12, feedForward: 3072, "relu"),
        ["t5-v1_1-small"] = T5(layers: 8, width: 512, heads: 6, feedForward: 1024, "gated-gelu"),
        ["t5-3b"] = T5(layers: 24, width: 1024, heads: 32, feedForward: 16384, "relu", headSize: 128),
        ["bart-base"] = Bart(layers: 6, width: 768, heads: 12),
        ["bart-large"] = Bart(layers: 12, width: 1024, heads: 16),
    };

    public static TheoryData<string, string> Cases => [.. Shapes.Keys.SelectMany(_ => ReadyDesign.All, (shape, ready) => (ready.Key, shape))];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_ready_design_is_a_plan_that_can_start_on_every_usual_backbone(string key, string backbone)
    {
        var (ready, shape) = (Find(key), Shapes[backbone]);

        ready.Problem(shape).ShouldBeNull();
        var plan = ready.Begin(Plan, shape);

        StudyPlanCheck.Problems(plan, shape).ShouldBeEmpty();
        plan.Design.ShouldBe(ready.For(shape));
        plan.Design!.Groupings.Count.ShouldBe(shape.Stacks.Count);
        ready.IsIn(plan.Design, plan.Methods, shape).ShouldBeTrue();
        ReadyDesign.All.Count(other => other.IsIn(plan.Design, plan.Methods, shape)).ShouldBe(1);
        // What a person sends on is the YAML.
        StudyYaml.Read(StudyYaml.Write(plan)).Plan.ShouldBe(plan);
    }

    [Theory]
    [InlineData("s4", "2301.01821", "2303.15647", "Not known: the sizes of its four groups", "T5's two stacks", "what BitFit is on T5", "learning rates")]
    [InlineData("s4-3b", "2301.01821", "not confirmed", "its budget", "T5's two stacks", "what BitFit is on T5")]
    [InlineData("mam", "2110.04366", "prefix of 16", "s = 2", "Not known", "whether its head was trained")]
    [InlineData("mam-generation", "2110.04366", "prefix of 30", "512, s = 4", "divides it evenly", "Not known")]
    [InlineData("houlsby", "1902.00751", "not from the paper")]
    [InlineData("pfeiffer", "2005.00247", "not from the paper")]
    [InlineData("bitfit", "2106.10199", "no biases")]
    [InlineData("lora", "2106.09685", "not from the paper")]
    public void Each_names_its_source_and_what_is_not_known_or_not_the_sources(string key, params string[] words)
    {
        foreach (var word in words)
            Find(key).Says.ShouldContain(word);
        ReadyDesign.All.Select(ready => ready.Key).ShouldBe(["s4", "s4-3b", "mam", "mam-generation", "houlsby", "pfeiffer", "bitfit", "lora"]);
    }

    [Fact]
    public void S4_is_the_papers_methods_over_the_most_even_spindle_with_half_a_percent()
    {
        var plan = Find("s4").Begin(Plan with { Budget = new Budget(percent: 7) }, Shapes["t5-base"]);

        plan.Design!.Groupings.Select(grouping => grouping.Sizes).ShouldAllBe(sizes => sizes.SequenceEqual(new[] { 2, 4, 4, 2 }));
        plan.Design.Methods.Select(set => set.ToString()).ShouldBe(["adapter+lora", "adapter+prefix", "adapter+bitfit+prefix", "bitfit+lora+prefix"]);
        plan.Budget.Percent.ShouldBe(0.5);
        Find("s4-3b").For(Shapes["t5-3b"]).Methods.Select(set => set.ToString()).ShouldBe(["lora+prefix", "adapter+lora", "bitfit+lora+prefix", "adapter+bitfit+prefix"]);
    }

    [Fact]
    public void MAM_has_the_papers_sizes_on_roberta_base()
    {
        var (plan, shape) = (Find("mam").Begin(Plan, Shapes["roberta-base"]), Shapes["roberta-base"]);

        var sizes = Sizes(plan, shape);
        sizes.Sizes.Select(size => (size.Method, size.Size)).Distinct().ShouldBe([("prefix-mlp", 16), ("scaled-parallel", 16)]);
        sizes.Parameters.ShouldBe(12 * ((16 * 2 * 768) + (16 * ((2 * 768) + 1)) + 768));
        plan.OwnMethods.ShouldHaveSingleItem().Reparametrisation.ShouldBe(800);
        NamedMethods.ScaledParallel.Scale.ShouldBe(2);
    }

    [Fact]
    public void MAM_for_generation_costs_what_the_papers_sizes_cost_and_says_what_they_become()
    {
        var (plan, shape) = (Find("mam-generation").Begin(Plan, Shapes["bart-large"]), Shapes["bart-large"]);

        plan.Budget.Parameters.ShouldBe((12 * 30 * 2 * 1024 * 3) + (24L * ((512 * ((2 * 1024) + 1)) + 1024)));
        (plan.Budget.Parameters * 100.0 / shape.Parameters).ShouldNotBeNull().ShouldBe(6.7, 0.1);
        plan.OwnMethods.Select(method => (method.Name, method.Scale)).ShouldBe([("prefix-mlp", 1), ("scaled-parallel-4", 4)]);
        var sizes = Sizes(plan, shape).Sizes;
        sizes.Where(size => size is { Method: "prefix-mlp", Stack: "encoder" }).ShouldAllBe(size => size.Size >= 278 && size.Size <= 280);
        sizes.Where(size => size is { Method: "prefix-mlp", Stack: "decoder" }).ShouldAllBe(size => size.Size >= 139 && size.Size <= 140);
        sizes.Where(size => size.Method == "scaled-parallel-4").ShouldAllBe(size => size.Size >= 278 && size.Size <= 280);
    }

    /// <summary>A person looks at one after the other, and what a person built stays.</summary>
    [Fact]
    public void Methods_that_a_ready_design_brought_leave_with_it()
    {
        var (mine, shape) = (NamedMethods.Lora with { Name = "mine", Title = "Mine" }, Shapes["roberta-base"]);
        var begun = Find("mam-generation").Begin(Plan with { OwnMethods = [mine] }, shape);
        begun.OwnMethods.Select(method => method.Name).ShouldBe(["mine", "prefix-mlp", "scaled-parallel-4"]);

        begun = Find("mam").Begin(begun, shape);
        begun.OwnMethods.Select(method => method.Name).ShouldBe(["mine", "prefix-mlp"]);
        Find("lora").Begin(begun, shape).OwnMethods.ShouldBe([mine]);
        Find("lora").Begin(begun, shape).Budget.ShouldBe(begun.Budget);
    }

    [Fact]
    public void A_backbone_that_is_too_shallow_or_too_small_is_told_so()
    {
        var shallow = Roberta(2);
        ReadyDesign.All.Where(ready => ready.Groups.Count == 2).ShouldAllBe(ready => ready.Problem(shallow) == null);
        foreach (var ready in new[] { Find("s4"), Find("s4-3b") })
        {
            ready.Problem(shallow).ShouldBe("needs 4 layers; the encoder has 2");
            ready.Problem(Roberta(4)).ShouldNotBeNull().ShouldStartWith("spindle: 4 layers cannot be cut into 4 groups this way");
            ready.Problem(Bart(layers: 2, width: 768, heads: 12)).ShouldBe("needs 4 layers; the encoder has 2");
            Should.Throw<ArgumentException>(() => ready.For(shallow)).Message.ShouldContain("needs 4 layers");
        }
        var small = Parsed("""{ "model_type": "bert", "vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 40 }""");
        Find("mam-generation").Problem(small).ShouldNotBeNull().ShouldStartWith("its sizes cost 35,744 trainable parameters; the backbone has ");
        Should.Throw<ArgumentException>(() => Find("mam-generation").Begin(Plan, small));
    }

    private static ReadyDesign Find(string key) => ReadyDesign.All.Single(ready => ready.Key == key);

    private static DesignSizes Sizes(StudyPlan plan, BackboneShape shape) => BudgetSizes.Compute(plan.Design!, plan.Budget, shape, plan.Methods).Sizes.ShouldNotBeNull();

    private static BackboneShape Roberta(int layers) => Parsed($$"""
        { "model_type": "roberta", "vocab_size": 50265, "hidden_size": 768, "num_hidden_layers": {{layers}}, "num_attention_heads": 12, "intermediate_size": 3072, "max_position_embeddings": 514, "type_vocab_size": 1 }
        """);

    private static BackboneShape T5(int layers, int width, int heads, int feedForward, string activation, int headSize = 64) => Parsed($$"""
        { "model_type": "t5", "vocab_size": 32128, "d_model": {{width}}, "d_kv": {{headSize}}, "d_ff": {{feedForward}}, "num_layers": {{layers}}, "num_decoder_layers": {{layers}}, "num_heads": {{heads}}, "feed_forward_proj": "{{activation}}" }
        """);

    private static BackboneShape Bart(int layers, int width, int heads) => Parsed($$"""
        { "model_type": "bart", "vocab_size": 50265, "d_model": {{width}}, "encoder_layers": {{layers}}, "decoder_layers": {{layers}}, "encoder_attention_heads": {{heads}}, "decoder_attention_heads": {{heads}},
          "encoder_ffn_dim": {{4 * width}}, "decoder_ffn_dim": {{4 * width}}, "max_position_embeddings": 1024 }
        """);

    private static BackboneShape Parsed(string config) => BackboneConfig.Parse(Encoding.UTF8.GetBytes(config)).Shape();
}
