using FsCheck;
using FsCheck.Fluent;
using PeftStudio.Search.DesignSpaces;

namespace PeftStudio.Search.Tests.DesignSpaces;

public sealed class GroupingVectorsTests
{
    [Theory]
    [InlineData(LayerPattern.Uniform, 12, 4, "3333")]
    [InlineData(LayerPattern.Spindle, 12, 4, "1443 1551 2442 3441")]
    [InlineData(LayerPattern.Bottleneck, 12, 4, "2118 3117 3225 4116 4224 5115 5223 6114 7113 8112")]
    [InlineData(LayerPattern.Increasing, 12, 4, "1236 1245")]
    [InlineData(LayerPattern.Decreasing, 12, 4, "5421 6321")]
    [InlineData(LayerPattern.Uniform, 10, 4, "2323")]
    [InlineData(LayerPattern.Uniform, 6, 4, "1212")]
    // No strict spindle of 7 in 4; the weak ones but the one that uniform has.
    [InlineData(LayerPattern.Uniform, 7, 4, "1222")]
    [InlineData(LayerPattern.Spindle, 7, 4, "2221")]
    // 1222 is uniform's and 2221 spindle's, so the weak patterns keep the rest.
    [InlineData(LayerPattern.Increasing, 7, 4, "1114 1123")]
    [InlineData(LayerPattern.Decreasing, 7, 4, "3211 4111")]
    [InlineData(LayerPattern.Spindle, 7, 3, "142 151 232 241")]
    [InlineData(LayerPattern.Bottleneck, 7, 3, "214 313 412")]
    // Two groups: no middle, and uniform keeps its own vector.
    [InlineData(LayerPattern.Uniform, 5, 2, "23")]
    [InlineData(LayerPattern.Increasing, 5, 2, "14")]
    [InlineData(LayerPattern.Decreasing, 5, 2, "32 41")]
    [InlineData(LayerPattern.Spindle, 5, 2, "")]
    [InlineData(LayerPattern.Bottleneck, 5, 2, "")]
    [InlineData(LayerPattern.Increasing, 3, 2, "")]
    [InlineData(LayerPattern.Spindle, 4, 4, "")]
    public void The_vectors_by_hand(LayerPattern pattern, int layers, int groups, string expected)
    {
        var vectors = GroupingVectors.Of(pattern, layers, groups);

        string.Join(' ', vectors.Select(vector => string.Concat(vector.Sizes))).ShouldBe(expected);
        (GroupingVectors.Problem(pattern, layers, groups) is null).ShouldBe(expected.Length > 0);
    }

    [Fact]
    public void A_pattern_that_stays_empty_is_named_with_a_remedy()
    {
        GroupingVectors.Problem(LayerPattern.Spindle, 12, 2).ShouldBe("spindle: two groups have no middle; take at least 3 groups or leave spindle out");
        GroupingVectors.Problem(LayerPattern.Bottleneck, 4, 4).ShouldBe(
            "bottleneck: 4 layers cannot be cut into 4 groups this way; change the number of groups or leave bottleneck out");
        GroupingVectors.Problem(LayerPattern.Bottleneck, 400, 8)!.ShouldContain("more than 200000 vectors");
    }

    [Theory]
    [InlineData(1, 12)]
    [InlineData(9, 12)]
    [InlineData(5, 4)]
    public void Impossible_numbers_of_groups_are_refused(int groups, int layers) =>
        Should.Throw<ArgumentOutOfRangeException>(() => GroupingVectors.Of(LayerPattern.Uniform, layers, groups))
            .Message.ShouldContain($"{groups} groups of {layers} layers");

    /// <summary>Against a filter over all compositions, written from the definition.</summary>
    [Fact]
    public void Small_depths_equal_the_definition_applied_to_every_composition()
    {
        for (var groups = 2; groups <= 6; groups++)
            for (var layers = groups; layers <= 13; layers++)
            {
                var all = Compositions(layers, groups).ToList();
                var claimed = new HashSet<string>();
                foreach (var pattern in Enum.GetValues<LayerPattern>())
                {
                    var strict = all.Where(sizes => Fits(pattern, sizes, strict: true)).ToList();
                    var own = strict.Count > 0 ? strict : [.. all.Where(sizes => Fits(pattern, sizes, strict: false))];
                    var expected = own.Select(sizes => string.Join(',', sizes)).Where(claimed.Add).Order().ToList();

                    GroupingVectors.Of(pattern, layers, groups).Select(vector => string.Join(',', vector.Sizes)).Order().ToList()
                        .ShouldBe(expected, ignoreOrder: false, customMessage: $"{pattern} {layers} in {groups}");
                }
            }
    }

    [Fact]
    public void Vectors_are_distinct_sum_to_the_depth_and_have_one_owner() =>
        Prop.ForAll(Gen.Choose(2, 8).SelectMany(groups => Gen.Choose(groups, 32).Select(layers => (layers, groups))).ToArbitrary(), depth =>
        {
            var all = Enum.GetValues<LayerPattern>().SelectMany(pattern => GroupingVectors.Of(pattern, depth.layers, depth.groups)).ToList();
            return all.Distinct().Count() == all.Count
                && all.TrueForAll(vector => vector.Sizes.Sum() == depth.layers && vector.Sizes.Count == depth.groups && vector.Sizes.Min() >= 1);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(24, 8)]
    [InlineData(48, 8)]
    [InlineData(48, 7)]
    public void Deep_backbones_have_every_pattern(int layers, int groups)
    {
        foreach (var pattern in Enum.GetValues<LayerPattern>())
            GroupingVectors.Of(pattern, layers, groups).Count.ShouldBeInRange(1, 30_000, $"{pattern}");
    }

    private static bool Fits(LayerPattern pattern, int[] sizes, bool strict)
    {
        var (rise, groups) = (new List<(int Low, int High)>(), sizes.Length);
        if (pattern is LayerPattern.Uniform)
            return Enumerable.Range(0, groups).All(i => sizes[..(i + 1)].Sum() == (i + 1) * sizes.Sum() / groups);
        if (pattern is LayerPattern.Spindle or LayerPattern.Bottleneck)
        {
            if (groups == 2 || (groups % 2 == 0 && sizes[(groups / 2) - 1] != sizes[groups / 2]))
                return false;
            for (var i = 0; i + 1 < (groups + 1) / 2; i++)
            {
                rise.Add((sizes[i], sizes[i + 1]));
                rise.Add((sizes[groups - 1 - i], sizes[groups - 2 - i]));
            }
        }
        else
        {
            for (var i = 0; i + 1 < groups; i++)
                rise.Add((sizes[i], sizes[i + 1]));
        }
        if (pattern is LayerPattern.Bottleneck or LayerPattern.Decreasing)
            rise = [.. rise.Select(pair => (pair.High, pair.Low))];
        return strict ? rise.TrueForAll(pair => pair.Low < pair.High) : rise.TrueForAll(pair => pair.Low <= pair.High) && rise.Exists(pair => pair.Low < pair.High);
    }

    private static IEnumerable<int[]> Compositions(int layers, int groups) =>
        groups == 1
            ? [[layers]]
            : Enumerable.Range(1, layers - groups + 1).SelectMany(first => Compositions(layers - first, groups - 1).Select(rest => (int[])[first, .. rest]));
}
