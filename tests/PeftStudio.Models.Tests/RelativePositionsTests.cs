using PeftStudio.Formats.Backbones;
using PeftStudio.Models.Sequences;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

public sealed class RelativePositionsTests
{
    private static readonly T5Config Published = new(HeadSize: 64, Buckets: 32, MaxDistance: 128, IsGated: false, HasTiedHead: true);

    [Theory]
    [InlineData(0, true, 0)]
    [InlineData(-7, true, 7)]
    [InlineData(7, true, 16 + 7)]
    [InlineData(-8, true, 8)]
    [InlineData(-200, true, 15)]
    [InlineData(200, true, 31)]
    [InlineData(5, false, 0)]
    [InlineData(-15, false, 15)]
    [InlineData(-16, false, 16)]
    [InlineData(-128, false, 31)]
    public void Near_keys_have_buckets_of_their_own_and_far_ones_share(int distance, bool bothWays, int bucket) =>
        RelativePositions.Bucket(distance, bothWays, Published).ShouldBe(bucket);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Buckets_are_those_of_libtorchs_own_arithmetic(bool bothWays)
    {
        using var scope = NewDisposeScope();
        var exact = bothWays ? 8 : 16;
        var distances = arange(exact, 400, ScalarType.Float32);
        var far = distances.div(exact).log().div(Math.Log(128.0 / exact)).mul(exact).to(ScalarType.Int64).add(exact).clamp(max: (2 * exact) - 1).data<long>().ToArray();
        far.ShouldBe(Enumerable.Range(exact, 400 - exact).Select(distance => (long)RelativePositions.Bucket(-distance, bothWays, Published)));
    }

    [Fact]
    public void A_score_is_moved_by_the_distance_of_key_and_query()
    {
        using var scope = NewDisposeScope();
        var table = arange(0, 64, ScalarType.Float32).view(32, 2);
        var bias = RelativePositions.Bias(table, DecoderLayout.Line(40), 0, bothWays: true, Published, ScalarType.Float32);
        bias.shape.ShouldBe([1, 2, 40, 40]);
        bias.is_contiguous().ShouldBeTrue();
        bias.add(zeros(3, 1, 1, 40)).is_contiguous().ShouldBeTrue();
        foreach (var (query, key) in new[] { (0, 0), (3, 9), (39, 0), (0, 39), (20, 19) })
            bias.select(0, 0).select(0, 1).select(0, query).select(0, key).item<float>().ShouldBe((2 * RelativePositions.Bucket(key - query, true, Published)) + 1);
    }
}
