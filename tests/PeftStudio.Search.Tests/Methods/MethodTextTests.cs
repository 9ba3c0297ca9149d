using PeftStudio.Search.Methods;

namespace PeftStudio.Search.Tests.Methods;

public sealed class MethodTextTests
{
    [Theory]
    [InlineData("adapter", "ReLU bottleneck after the feed-forward, reading the normed sum, added")]
    [InlineData("houlsby", "ReLU bottleneck after the attention and the feed-forward, reading its output before the residual, added")]
    [InlineData("scaled-parallel", "ReLU bottleneck beside the feed-forward, reading its input, added times 2")]
    [InlineData("lora", "low-rank change of queries and values, reading what each product reads, added times 2")]
    [InlineData("lowrank-adapter", "GELU bottleneck of low-rank weights after the attention and the feed-forward, reading its output before the residual, added")]
    [InlineData("prefix", "own keys and values in front of each attention; the softmax over both is the gate")]
    [InlineData("multihead-parallel", "own keys and values beside each attention head, with ReLU in place of softmax, added")]
    [InlineData("layernorm", "trained weights and biases of norms")]
    [InlineData("ia3", "trained vectors that multiply keys, values and feed-forward activation")]
    public void A_method_in_words(string name, string words) => MethodText.Of(NamedMethods.Get(name)).ShouldBe(words);

    [Fact]
    public void Every_possible_combination_has_words_of_its_own()
    {
        var possible =
            (from form in Enum.GetValues<FunctionalForm>()
             from insertion in Enum.GetValues<InsertionForm>()
             from composition in Enum.GetValues<Composition>()
             from bits in Enumerable.Range(1, 511)
             let method = new PeftMethod("own", "Own", form, (ModifiedRepresentation)bits, insertion, composition, composition is Composition.Scaled ? -0.5 : 1)
             where MethodRules.Problem(method) is null
             select method).ToArray();
        // Bottlenecks, of whole and of low-rank weights, 3 places x 3 x 2; low rank 3 x 2 after a sub-layer and 63 x 2 in products; keys and values 3; biases 127; vectors 255; norms 1.
        possible.Length.ShouldBe(18 + 18 + 6 + 126 + 3 + 127 + 255 + 1);
        possible.Select(MethodText.Of).ShouldBeUnique();
    }
}
