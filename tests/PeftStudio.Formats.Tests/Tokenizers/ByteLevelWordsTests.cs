using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using PeftStudio.Formats.Tokenizers;

namespace PeftStudio.Formats.Tests.Tokenizers;

public sealed class ByteLevelWordsTests
{
    // .NET's classes see UTF-16 units, so the property stays within the basic plane; the goldens go beyond it.
    private static readonly Regex Gpt2 = new(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", RegexOptions.CultureInvariant);

    [Fact]
    public void Words_are_those_of_the_published_expression()
    {
        var character = Gen.Elements(" ", " ", " ", "'", "s", "re", "ll", "d", "a", "Z", "ß", "日", "1", "½", "Ⅷ", "!", ".", "\n", "\t", "\u00A0", "\u3000", "\u0085", "\u200B", "\u0301", "_", "\0");
        Prop.ForAll(character.ArrayOf().Select(string.Concat).ToArbitrary(), text =>
            Split(text).ShouldBe(Gpt2.Matches(text).Select(m => m.Value), customMessage: text)).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    [Theory]
    [InlineData("I'll've  gone\n\n now", new[] { "I", "'ll", "'ve", " ", " gone", "\n\n", " now" })]
    [InlineData("x😀😀 😀", new[] { "x", "😀😀", " 😀" })]
    [InlineData("𝒜𝟙", new[] { "𝒜", "𝟙" })]
    [InlineData("   ", new[] { "   " })]
    public void Known_splits(string text, string[] words) => Split(text).ShouldBe(words);

    private static List<string> Split(string text)
    {
        var words = new List<string>();
        for (var rest = text; rest.Length > 0; rest = rest[words[^1].Length..])
            words.Add(rest[..ByteLevelWords.First(rest)]);
        return words;
    }
}
