using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;

namespace PeftStudio.Search.Tests.Methods;

public sealed class OwnMethodCheckTests
{
    private static readonly PeftMethod Good = new(
        "beside", "Beside both", FunctionalForm.Bottleneck, Representations.SubLayers, InsertionForm.Parallel, Composition.Scaled, Scale: 0.5);

    public static TheoryData<string, PeftMethod, string> Wrong => new()
    {
        { "name", Good with { Name = "lora" }, "the name 'lora' is taken" },
        { "name", Good with { Name = "first" }, "the name 'first' is taken" },
        { "name", Good with { Name = "head" }, "the name 'head' is taken" },
        { "name", Good with { Name = "" }, "'' is no name" },
        { "name", Good with { Name = "Beside" }, "lower-case letters" },
        { "name", Good with { Name = "a.b" }, "'a.b' is no name" },
        { "name", Good with { Name = "beside\n" }, "is no name" },
        { "name", Good with { Name = new string('a', 41) }, "at most 40" },
        { "title", Good with { Title = " " }, "1 to 60 characters" },
        { "title", Good with { Title = "two\nlines" }, "no line breaks" },
        { "title", Good with { Title = "lora" }, "'lora' has the title 'LoRA' already" },
        { "title", Good with { Title = "The first" }, "'first' has the title 'The first' already" },
        { "scale", Good with { Scale = 0 }, "a number other than 0" },
        { "scale", Good with { Scale = -2_000 }, "from -1000 to 1000" },
        { "scale", Good with { Composition = Composition.Add }, "Scaled takes one" },
        { "reparametrisation", NamedMethods.Prefix with { Name = "own", Title = "Own", Reparametrisation = 0 }, "from 1 to 4096" },
        { "reparametrisation", Good with { Reparametrisation = 8 }, "a prefix (KeyValue, Gated) alone" },
        { "size", Good with { Size = 0 }, "0; from 1 to 4096, or left out: then the budget gives it" },
        { "size", Good with { Size = 5_000 }, "5000; from 1 to 4096" },
        { "size", NamedMethods.Ia3 with { Name = "own", Title = "Own", Size = 4 }, "a size, and the form Rescaling has none; leave it out" },
        { "composition", Good with { Composition = Composition.Gated, Scale = 1 }, "KeyValue alone has one" },
        { "insertion", Good with { Form = FunctionalForm.LowRank, Insertion = InsertionForm.Sequential }, "LowRank and Sequential" },
        { "representation", Good with { Representation = ModifiedRepresentation.Norms }, "Bottleneck at Norms" },
        { "representation", Good with { Representation = ModifiedRepresentation.None }, "name a representation" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_is_wrong_is_told_at_its_field(string field, PeftMethod method, string words)
    {
        var problem = OwnMethodCheck.Problems([Good with { Name = "first", Title = "The first" }, method]).ShouldHaveSingleItem();
        problem.Field.ShouldBe($"ownMethods[1].{field}");
        problem.Message.ShouldContain(words);
    }

    [Fact]
    public void As_many_as_have_a_colour_may_be_built()
    {
        var nine = Enumerable.Range(1, 9).Select(number => Good with { Name = $"own-{number}", Title = $"Own {number}" }).ToValueList();
        OwnMethodCheck.Problems(nine.Take(8).ToValueList()).ShouldBeEmpty();
        OwnMethodCheck.Problems(nine).ShouldBe([new PlanProblem("ownMethods", "9 methods; at most 8 of a plan's own")]);
    }

    [Theory]
    [InlineData("Beside both", "beside-both")]
    [InlineData("  LoRA, twice! ", "lora-twice")]
    [InlineData("LoRA", "lora-2")]
    [InlineData("head", "head-2")]
    [InlineData("2 x adapter", "m-2-x-adapter")]
    [InlineData("mine", "mine-3")]
    [InlineData("ä ß", "")]
    public void A_title_gives_a_name_that_is_free(string title, string name) => OwnMethodCheck.NameOf(title, ["mine", "mine-2"]).ShouldBe(name);

    [Fact]
    public void Any_name_so_made_passes() => OwnMethodCheck.Problems([Good with { Name = OwnMethodCheck.NameOf(new string('x', 60), []) }]).ShouldBeEmpty();
}
