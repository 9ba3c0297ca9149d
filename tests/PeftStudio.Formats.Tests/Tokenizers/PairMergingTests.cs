using FsCheck;
using FsCheck.Fluent;
using PeftStudio.Formats.Tokenizers;

namespace PeftStudio.Formats.Tests.Tokenizers;

public sealed class PairMergingTests
{
    /// <summary>Against the definition: while any pair can merge, merge the one of lowest rank, the leftmost of equals.</summary>
    [Fact]
    public void Merges_as_defined()
    {
        var merges = new Dictionary<(int, int), (int, int)> { [(0, 1)] = (0, 3), [(1, 1)] = (1, 4), [(3, 2)] = (2, 5), [(0, 0)] = (3, 6), [(6, 6)] = (4, 7), [(4, 4)] = (5, 8), [(2, 3)] = (6, 9) };
        Prop.ForAll(Gen.Choose(0, 2).ListOf().ToArbitrary(), symbols =>
            PairMerging.Merge([.. symbols], merges).ShouldBe(ByDefinition([.. symbols], merges))).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void A_long_word_is_no_trap()
    {
        var merges = new Dictionary<(int, int), (int, int)> { [(0, 0)] = (0, 1), [(1, 1)] = (1, 2), [(2, 2)] = (2, 3) };
        PairMerging.Merge([.. Enumerable.Repeat(0, 200_000)], merges).ShouldBe(Enumerable.Repeat(3, 25_000));
    }

    private static List<int> ByDefinition(List<int> symbols, Dictionary<(int, int), (int Rank, int Id)> merges)
    {
        while (true)
        {
            var best = Enumerable.Range(0, Math.Max(0, symbols.Count - 1)).Where(i => merges.ContainsKey((symbols[i], symbols[i + 1])))
                .OrderBy(i => merges[(symbols[i], symbols[i + 1])].Rank).ThenBy(i => i).Cast<int?>().FirstOrDefault();
            if (best is not { } at)
                return symbols;
            symbols[at] = merges[(symbols[at], symbols[at + 1])].Id;
            symbols.RemoveAt(at + 1);
        }
    }
}
