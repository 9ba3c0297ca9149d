using System.Text;
using System.Text.Json;
using PeftStudio.Formats;
using PeftStudio.Models.Peft;

namespace PeftStudio.Models.Tests;

/// <summary>Which modules an expression means, whatever its size.</summary>
public sealed class PeftTargetsTests
{
    // As the studio writes a design of many groups and ranks, one alternative each.
    private static readonly string Large =
        $@"(.*\.)?({string.Join('|', Enumerable.Range(0, 400).Select(i => $@"encoder\.block\.({i}|{i + 400})\.(layer\.0\.SelfAttention\.q|layer\.0\.SelfAttention\.v|layer\.1\.DenseReluDense\.wo)"))})";

    [Theory]
    [InlineData("encoder.block.0.layer.0.SelfAttention.q", true)]
    [InlineData("encoder.block.799.layer.1.DenseReluDense.wo", true)]
    [InlineData("model.encoder.block.399.layer.0.SelfAttention.v", true)]
    [InlineData("encoder.block.800.layer.0.SelfAttention.q", false)]
    [InlineData("encoder.block.3.layer.0.SelfAttention.k", false)]
    [InlineData("anencoder.block.3.layer.0.SelfAttention.q", false)]
    [InlineData("encoder.block.3.layer.0.SelfAttention.q.lora", false)]
    public void A_large_expression_of_alternatives_is_read(string path, bool isMeant) => Targets(Large).IsTarget(path).ShouldBe(isMeant);

    [Theory]
    [InlineData(@"(.*\.)?(LARGE|a\|b\)|(c|d)e)", @"x.a|b)", true)]
    [InlineData(@"(.*\.)?(LARGE|a\|b\)|(c|d)e)", "x.de", true)]
    [InlineData(@"(.*\.)?(LARGE|a\|b\)|(c|d)e)", "x.d", false)]
    [InlineData(@"(.*\.)?(LARGE|a|)", "x.", true)]
    [InlineData(@"(.*\.)?(LARGE|a)|(b)", "b", true)]
    [InlineData(@"(.*\.)?(LARGE|a)|(b)", "x.b", false)]
    [InlineData(@"(.*\.)?(LARGE|a)b", "x.ab", true)]
    [InlineData(@"(.*\.)?(LARGE|a)b", "x.a", false)]
    [InlineData(@"(.*\.)?(LARGE|[(|]a)", "x.|a", true)]
    [InlineData(@"(.*\.)?((?i)LARGE|a|b)", "x.B", true)]
    public void Part_by_part_it_means_what_it_means_whole(string expression, string path, bool isMeant)
    {
        var large = string.Join('|', Enumerable.Range(0, 60).Select(i => $"q{new string((char)('a' + (i % 26)), 70)}"));
        Targets(expression.Replace("LARGE", large, StringComparison.Ordinal)).IsTarget(path).ShouldBe(isMeant);
    }

    [Theory]
    [InlineData(@"(.*\.)?(ok|(LONG|LONG)q)", 6_000, "limit of '10000'")]
    [InlineData(@"(.*\.)?(LONG)", 100_000, "it has 100009 characters; at most 100000 are read")]
    [InlineData(@"(.*\.)?(LONG|(a)\1)", 1_500, "not supported")]
    public void What_is_too_large_or_goes_back_is_refused_by_name(string expression, int length, string reason)
    {
        var targets = Targets(expression.Replace("LONG", new string('a', length), StringComparison.Ordinal));
        var error = Should.Throw<InvalidDataException>(() => targets.IsTarget("encoder.block.0")).Message;
        error.ShouldStartWith("adapter_config.json: 'target_modules' holds an expression that is not read: ");
        error.ShouldContain(reason);
    }

    [Fact]
    public void No_expression_takes_longer_the_more_it_repeats() =>
        Targets($@"(.*\.)?((a+)+b|{new string('c', 1_500)})").IsTarget(new string('a', 5_000)).ShouldBeFalse();

    [Fact]
    public void Patterns_are_as_many_as_a_model_may_have_products()
    {
        Patterns(2_000)("x.p1999", 1).ShouldBe(2);
        Patterns(2_000)("x.p2000", 1).ShouldBe(1);
        Should.Throw<InvalidDataException>(() => Patterns(2_001)).Message.ShouldBe("adapter_config.json: 'rank_pattern' has 2001 entries; at most 2000 are read");
    }

    private static PeftTargets Targets(string expression) => Read(new { target_modules = expression });

    private static Func<string, double, double> Patterns(int count) => Read(new { rank_pattern = Enumerable.Range(0, count).ToDictionary(i => $"p{i}", _ => 2) }).Pattern("rank_pattern");

    private static PeftTargets Read(object config) => new(JsonFields.Parse("adapter_config.json", Encoding.UTF8.GetBytes(JsonSerializer.Serialize(config))));
}
