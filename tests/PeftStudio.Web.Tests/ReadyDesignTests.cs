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

    public static TheoryData<string, string> Cases => [.. Shapes.Keys.SelectMany(_ => ReadyDesigns.All, (shape, ready) => (ready.Key, shape))];

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
        ReadyDesigns.All.Count(other => other.IsIn(plan.Design, plan.Methods, shape)).ShouldBe(1);
        // What a person sends on is the YAML.
        StudyYaml.Read(StudyYaml.Write(plan)).Plan.ShouldBe(plan);
    }

    [Theory]
    [InlineData("s4", "2301.01821", "2303.15647", "Not known: the sizes of its four groups", "T5's two stacks", "what BitFit is on T5", "learning rates")]
    [InlineData("s4-3b", "2301.01821", "not confirmed", "its budget", "T5's two stacks", "what BitFit is on T5")]
    [InlineData("mam", "2110.04366", "prefix of 16", "s = 2", "sizes are the methods' own", "Its batch of 32, weight decay of 0.1", "are not set", "Not known", "whether its head was trained")]
    [InlineData("mam-generation", "2110.04366", "prefix of 30", "512, s = 4", "sizes are the methods' own", "Not known")]
    [InlineData("houlsby", "1902.00751", "not from the paper")]
    [InlineData("pfeiffer", "2005.00247", "not from the paper")]
    [InlineData("bitfit", "2106.10199", "no biases")]
    [InlineData("lora", "2106.09685", "not from the paper")]
    public void Each_names_its_source_and_what_is_not_known_or_not_the_sources(string key, params string[] words)
    {
        foreach (var word in words)
            Find(key).Says.ShouldContain(word);
        ReadyDesigns.All.Select(ready => ready.Key).ShouldBe(["s4", "s4-3b", "mam", "mam-generation", "houlsby", "pfeiffer", "bitfit", "lora"]);
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

    public static TheoryData<string> Backbones => [.. Shapes.Keys];

    /// <summary>On encoders and encoder-decoders alike, and the budget leaves nothing over.</summary>
    [Theory]
    [MemberData(nameof(Backbones))]
    public void MAM_has_the_papers_sizes_and_the_budget_is_what_they_cost(string backbone)
    {
        var shape = Shapes[backbone];
        foreach (var (key, prefix, adapter) in new[] { ("mam", 16, 16), ("mam-generation", 30, 512) })
        {
            var plan = Find(key).Begin(Plan, shape);

            plan.OwnMethods.Select(method => method.Size).ShouldBe([prefix, adapter]);
            var sizes = Sizes(plan, shape);
            sizes.Sizes.ShouldAllBe(size => size.Size == (size.Method == plan.OwnMethods[0].Name ? prefix : adapter));
            sizes.Sizes.Count.ShouldBe(shape.Stacks.Count * 2 * 2);
            sizes.Parameters.ShouldBe(shape.Stacks.Sum(stack => (long)stack.Layers
                * ((prefix * 2 * stack.InnerWidth * (stack.CrossAttention ? 2 : 1)) + (adapter * ((2 * stack.Width) + 1)) + stack.Width)));
            plan.Budget.Parameters.ShouldBe(sizes.Parameters);
        }
    }

    [Fact]
    public void MAM_is_the_papers_methods()
    {
        var (roberta, bart) = (Find("mam").Begin(Plan, Shapes["roberta-base"]), Find("mam-generation").Begin(Plan, Shapes["bart-large"]));

        roberta.OwnMethods.Select(method => (method.Name, method.Scale, method.Reparametrisation)).ShouldBe([("mam-prefix", 1, 800), ("mam-adapter", 2, null)]);
        bart.OwnMethods.Select(method => (method.Name, method.Scale, method.Reparametrisation)).ShouldBe([("mam-generation-prefix", 1, 800), ("mam-generation-adapter", 4, null)]);
        foreach (var plan in new[] { roberta, bart })
            plan.OwnMethods.Select(Dimensions).ShouldBe(NamedMethods.Mam.Names.Select(name => Dimensions(NamedMethods.Get(name))));
        // The paper's rates, whatever the plan's: the multipliers' part of 0.002.
        roberta.Training.MethodRates.Where(rate => rate.Method.StartsWith("mam-", StringComparison.Ordinal)).ShouldBe([new("mam-adapter", 0.05), new("mam-prefix", 0.05)]);
        bart.Training.MethodRates.Where(rate => rate.Method.StartsWith("mam-", StringComparison.Ordinal)).ShouldBe([new("mam-generation-adapter", 0.025), new("mam-generation-prefix", 0.025)]);
        Find("mam").Begin(Plan with { Training = new TrainingPlan { Rate = 0 } }, Shapes["roberta-base"]).Training.ShouldBe(new TrainingPlan { Rate = 0 });
        (bart.Budget.Parameters * 100.0 / Shapes["bart-large"].Parameters).ShouldNotBeNull().ShouldBe(6.7, 0.1);
        SizesText.Groups(Sizes(bart, Shapes["bart-large"]), bart.Methods).ShouldBe("G1 MAM generation adapter 512 + MAM generation prefix 30; G2 MAM generation adapter 512 + MAM generation prefix 30");
    }

    /// <summary>A method that a person has changed stays when another ready design is chosen, and then stands beside that one's.</summary>
    [Fact]
    public void No_two_ready_designs_methods_have_one_name_or_title()
    {
        var own = ReadyDesigns.All.SelectMany(ready => ready.Own).ToArray();
        own.Length.ShouldBe(4);
        own.Select(method => method.Name).ShouldBeUnique();
        own.Select(method => method.Title).ShouldBeUnique();
        OwnMethodCheck.Problems([.. own]).ShouldBeEmpty();

        var begun = Find("mam").Begin(Plan, Shapes["roberta-base"]);
        var changed = OwnMethodEdits.Put(begun, begun.OwnMethods[0] with { Size = 20 });
        Find("mam").IsIn(changed.Design!, changed.Methods, Shapes["roberta-base"]).ShouldBeFalse();
        var next = Find("mam-generation").Begin(changed, Shapes["roberta-base"]);
        next.OwnMethods.Select(method => method.Size).ShouldBe([20, 30, 512]);
        StudyPlanCheck.Problems(next, Shapes["roberta-base"]).ShouldBeEmpty();
    }

    /// <summary>A person looks at one after the other, and what a person built stays.</summary>
    [Fact]
    public void Methods_that_a_ready_design_brought_leave_with_it()
    {
        var (mine, shape) = (NamedMethods.Lora with { Name = "mine", Title = "Mine" }, Shapes["roberta-base"]);
        var begun = Find("mam-generation").Begin(Plan with { OwnMethods = [mine] }, shape);
        begun.OwnMethods.Select(method => method.Name).ShouldBe(["mine", "mam-generation-prefix", "mam-generation-adapter"]);

        begun = Find("mam").Begin(begun, shape);
        begun.OwnMethods.Select(method => method.Name).ShouldBe(["mine", "mam-prefix", "mam-adapter"]);
        begun.Training.MethodRates.Count(rate => rate.Method.StartsWith("mam-", StringComparison.Ordinal)).ShouldBe(2);
        Find("lora").Begin(begun, shape).OwnMethods.ShouldBe([mine]);
        Find("lora").Begin(begun, shape).Training.ShouldBe(Plan.Training);
        Find("lora").Begin(begun, shape).Budget.ShouldBe(begun.Budget);
    }

    [Fact]
    public void A_ready_design_that_was_left_as_it_came_follows_another_backbone_with_its_budget()
    {
        var (ready, base12, large) = (Find("mam"), Shapes["roberta-base"], Shapes["roberta-of-24"]);
        var begun = ready.Begin(Plan, base12);

        var followed = ready.Follow(begun, base12, large).ShouldNotBeNull();
        followed.ShouldBe(ready.Begin(Plan, large));
        followed.Budget.ShouldNotBe(begun.Budget);
        // A budget that a person has set is that person's, and so is a changed design.
        ready.Follow(begun with { Budget = new Budget(parameters: 1_000_000) }, base12, large).ShouldBeNull();
        ready.Follow(begun with { Design = begun.Design! with { Allocation = AllocationPattern.Increasing } }, base12, large).ShouldBeNull();
        Find("lora").Follow(begun, base12, large).ShouldBeNull();
        Find("s4").Follow(Find("s4").Begin(Plan, base12), base12, Roberta(2)).ShouldBeNull();
        // One whose sizes come from the budget leaves it as it is.
        var lora = Find("lora").Begin(Plan with { Budget = new Budget(percent: 0.3) }, base12);
        Find("lora").Follow(lora, base12, large).ShouldNotBeNull().Budget.ShouldBe(lora.Budget);
    }

    [Fact]
    public void A_backbone_that_is_too_shallow_or_too_small_is_told_so()
    {
        var shallow = Roberta(2);
        ReadyDesigns.All.Where(ready => ready.Groups.Count == 2).ShouldAllBe(ready => ready.Problem(shallow) == null);
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

    private static (FunctionalForm, ModifiedRepresentation, InsertionForm, Composition) Dimensions(PeftMethod method) => (method.Form, method.Representation, method.Insertion, method.Composition);

    private static ReadyDesign Find(string key) => ReadyDesigns.All.Single(ready => ready.Key == key);

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
