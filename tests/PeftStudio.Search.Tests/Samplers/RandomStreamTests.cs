using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using PeftStudio.Search.Samplers;
using PeftStudio.Search.Studies;

namespace PeftStudio.Search.Tests.Samplers;

public sealed class RandomStreamTests
{
    // Known answers of Random123's kat_vectors, "philox4x32 10": counter, key, output as 32-bit words.
    [Theory]
    [InlineData("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8")]
    [InlineData("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd")]
    [InlineData("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1")]
    public void Philox_equals_its_published_vectors(string counter, string key, string expected)
    {
        var (c, k, e) = (Words(counter), Words(key), Words(expected));

        Philox.Block(c[0], c[1], k[0]).ShouldBe((e[0], e[1]));
    }

    [Fact]
    public void A_stream_counts_the_low_half_of_the_counter()
    {
        var stream = new RandomStream(key: 7, stream: 9);
        var (first, second) = Philox.Block(0, 9, 7);
        var (third, fourth) = Philox.Block(1, 9, 7);

        new[] { stream.Bits(), stream.Bits(), stream.Bits(), stream.Bits() }.ShouldBe([first, second, third, fourth]);
    }

    [Fact]
    public void Equal_keys_draw_the_same_and_every_part_of_the_key_counts()
    {
        var key = new RandomKey(1, new StageKey(StageName.Grouping), 2, 3);
        RandomKey[] others =
        [
            key with { StudySeed = 2 }, key with { Stage = new StageKey(StageName.Allocation) }, key with { Stage = new StageKey(StageName.Strategies, 1) },
            key with { Sample = 3 }, key with { Attempt = 4 }, key with { Own = "uniform" },
        ];

        key.Stream("tunable").Bits().ShouldBe((key with { }).Stream("tunable").Bits());
        others.Select(other => other.Stream("tunable").Bits()).Append(key.Stream("tunable").Bits()).Append(key.Stream("allocation").Bits())
            .Distinct().Count().ShouldBe(others.Length + 2);
    }

    [Fact]
    public void The_key_is_part_of_the_file_format()
    {
        // A change here changes every study ever drawn.
        new RandomKey(1, new StageKey(StageName.Start), 0).Stream("pattern").Bits().ShouldBe(PinnedDraw);
        Seeds.For(1, 0, "initialisation", 3, "output", "lora").ShouldBe(PinnedSeed);
    }

    private const ulong PinnedDraw = 8354130806853081473;
    private const ulong PinnedSeed = 11984731314625782629;

    [Fact]
    public void Training_seeds_differ_in_every_argument_and_no_two_names_run_together()
    {
        ulong[] seeds =
        [
            Seeds.For(1, 0, "order"), Seeds.For(2, 0, "order"), Seeds.For(1, 1, "order"), Seeds.For(1, 0, "dropout"), Seeds.For(1, 0, "order", 0),
            Seeds.For(1, 0, "order", 1), Seeds.For(1, 0, "order", null, "ab", "c"), Seeds.For(1, 0, "order", null, "a", "bc"),
            Seeds.For(10, 0, "order"), Seeds.For(-1, 0, "order"), Seeds.For(1, 0, "order", null, "abc"), Seeds.For(1, 0, "order", null, null, "abc"),
        ];

        seeds.Distinct().Count().ShouldBe(seeds.Length);
        Seeds.Stream(1, 0, "order").Bits().ShouldBe(Seeds.Stream(1, 0, "order").Bits());
    }

    [Fact]
    public void Below_stays_below_for_any_bound() =>
        Prop.ForAll<ulong, long>((key, bound) =>
        {
            var (small, stream) = (Math.Max(1, Math.Abs(bound / 2)), new RandomStream(key, 0));
            return stream.Below(small) is var a && a >= 0 && a < small
                && stream.Below(new BigInteger(small) * small) is var b && b >= 0 && b < new BigInteger(small) * small
                && stream.Unit() is >= 0 and < 1 && stream.OpenUnit() is > 0 and < 1;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(100)]
    public void Below_is_uniform(int bound)
    {
        var (stream, counts, wide) = (new RandomStream(11, (ulong)bound), new int[bound], new int[bound]);
        const int draws = 20_000;
        for (var i = 0; i < draws; i++)
        {
            counts[stream.Below(bound)]++;
            wide[(int)stream.Below((BigInteger)bound)]++;
        }

        // Chi-squared with bound - 1 degrees, its mean plus 5 standard deviations.
        foreach (var counted in new[] { counts, wide })
            counted.Sum(count => Math.Pow(count - ((double)draws / bound), 2) / ((double)draws / bound))
                .ShouldBeLessThan(bound - 1 + (5 * Math.Sqrt(2 * (bound - 1))));
    }

    [Fact]
    public void Below_refuses_an_empty_range()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new RandomStream(1, 1).Below(0));
        Should.Throw<ArgumentOutOfRangeException>(() => new RandomStream(1, 1).Below(BigInteger.Zero));
        Should.Throw<ArgumentException>(() => new RandomStream(1, 1).Pick(Array.Empty<int>()));
    }

    [Fact]
    public void Every_order_of_three_comes_equally_often()
    {
        var stream = new RandomStream(5, 6);
        var orders = Enumerable.Range(0, 12_000).Select(_ => string.Concat(stream.Permutation(3))).CountBy(order => order).ToDictionary();

        orders.Count.ShouldBe(6);
        orders.Values.ShouldAllBe(count => count > 1800 && count < 2200);
    }

    [Fact]
    public void Normal_and_chi_squared_draws_have_their_moments()
    {
        var stream = new RandomStream(3, 4);
        var normal = Enumerable.Range(0, 20_000).Select(_ => stream.Normal()).ToArray();
        var chi = Enumerable.Range(0, 5_000).Select(_ => stream.ChiSquared(6)).ToArray();

        normal.Average().ShouldBe(0, 0.03);
        normal.Average(x => x * x).ShouldBe(1, 0.05);
        chi.Average().ShouldBe(6, 0.2);
        chi.Average(x => x * x).ShouldBe(48, 3);
    }

    private static ulong[] Words(string text) =>
        [.. text.Split(' ').Select(word => Convert.ToUInt64(word, 16)).Chunk(2).Select(pair => pair[0] | (pair[1] << 32))];
}
