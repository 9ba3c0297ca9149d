using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using static PeftStudio.Search.Tests.DesignSpaces.Shapes;

namespace PeftStudio.Search.Tests.Methods;

public sealed class MethodRulesTests
{
    [Fact]
    public void Every_named_method_is_possible_and_has_a_name_of_its_own()
    {
        NamedMethods.All.Select(MethodRules.Problem).ShouldAllBe(problem => problem == null);
        NamedMethods.All.Select(method => method.Name).ShouldBeUnique();
        NamedMethods.All.Select(method => method with { Name = "", Title = "" }).ShouldBeUnique();
    }

    public static TheoryData<PeftMethod, string, string> Impossible() => new()
    {
        { NamedMethods.BitFit with { Representation = ModifiedRepresentation.None }, "representation", "None is changed; name a representation" },
        { NamedMethods.Adapter with { Scale = 4 }, "scale", "a scale of 4 with the composition Add; Scaled takes one" },
        { NamedMethods.Lora with { Scale = double.NaN }, "scale", "a scale of NaN; a number other than 0 is wanted" },
        { NamedMethods.Prefix with { Insertion = InsertionForm.Sequential }, "insertion", "keys and values are Sequential; queries alone can read them, so Parallel" },
        { NamedMethods.Lora with { Composition = Composition.Gated, Scale = 1 }, "composition", "it is Gated; the gate is the softmax over keys, so KeyValue alone has one" },
        { NamedMethods.Lora with { Insertion = InsertionForm.Sequential }, "insertion", "it is LowRank and Sequential; a low-rank change reads a product's input (Parallel) or a sub-layer's output (BeforeResidual)" },
        { NamedMethods.Ia3 with { Insertion = InsertionForm.Parallel }, "insertion", "a vector is Parallel; it acts on the representation itself, so Sequential" },
        { NamedMethods.Ia3 with { Composition = Composition.Scaled, Scale = 3 }, "composition", "a vector is Scaled; it learns its own scale, so Add" },
        {
            NamedMethods.Adapter with { Representation = ModifiedRepresentation.Query | ModifiedRepresentation.FeedForwardOutput },
            "representation", "Bottleneck at Query; a bottleneck goes from the model's width to the model's width: AttentionOutput, FeedForwardOutput"
        },
        { NamedMethods.MultiHeadParallel with { Reparametrisation = 8 }, "reparametrisation", "a reparametrisation, and it is no prefix; a prefix (KeyValue, Gated) alone has one" },
        { NamedMethods.LayerNorm with { Representation = ModifiedRepresentation.Key }, "representation", "Affine at Key; weights and biases of norms are theirs alone: Norms" },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public void An_impossible_combination_is_refused_at_its_dimension_with_its_reason(PeftMethod method, string dimension, string reason) => MethodRules.Problem(method).ShouldBe(new PlanProblem(dimension, reason));

    [Fact]
    public void Methods_that_share_a_place_for_one_do_not_go_together()
    {
        var pairs = from one in NamedMethods.All
                    from other in NamedMethods.All
                    where string.CompareOrdinal(one.Name, other.Name) < 0 && MethodRules.Conflict(one, other) is not null
                    select $"{one.Name} {other.Name}";

        pairs.ShouldBe(["lora lora-all", "lora-all lora-ffn", "bitfit layernorm"], ignoreOrder: true);
        NamedMethods.All.ShouldAllBe(one => NamedMethods.All.All(other => (MethodRules.Conflict(one, other) == null) == (MethodRules.Conflict(other, one) == null)));
        MethodRules.Conflict([NamedMethods.Adapter, NamedMethods.BitFit, NamedMethods.LayerNorm])
            .ShouldBe("'bitfit' and 'layernorm' both want the one place for Bias and Affine at Norms; keep one of them");
    }

    [Fact]
    public void A_design_with_such_a_set_is_a_problem_of_its_group() =>
        DesignProblems.Of(AllTuned(Small, AllocationPattern.Uniform, Set("lora"), Set("lora", "lora-all"), Set("bitfit"), Set("lora")), Small, NamedMethods.All)
            .ShouldBe([new PlanProblem("design.methods[1]", "'lora' and 'lora-all' both want the one place for LowRank at Query, Value; keep one of them")]);
}
