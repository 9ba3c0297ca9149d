using PeftStudio.Models.Sequences;
using PeftStudio.Search.Samplers;

namespace PeftStudio.Models.Tests;

/// <summary>The search for a text, over tables of probabilities.</summary>
public sealed class BeamTests
{
    private const int End = 1;

    [Theory]
    [InlineData(3, 4)]
    [InlineData(4, 3)]
    [InlineData(5, 3)]
    public void As_wide_as_there_are_texts_it_finds_the_best_of_all(int vocabulary, int mostTokens)
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var table = Table(seed, vocabulary);
            var texts = (int)Math.Pow(vocabulary, mostTokens);

            Write(table, vocabulary, new Beam(texts, mostTokens, End)).ShouldBe(BestOfAll(table, vocabulary, mostTokens, [], 0).Tokens);
        }
    }

    [Fact]
    public void One_wide_it_takes_the_likeliest_token_each_time()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var table = Table(seed, 6);
            var greedy = new List<int>();
            while (greedy.Count < 5 && Likeliest(table([.. greedy])) is var token && token != End)
                greedy.Add(token);

            Write(table, 6, new Beam(1, 5, End)).ShouldBe([.. greedy]);
        }

        static int Likeliest(float[] row) => Array.IndexOf(row, row.Max());
    }

    [Fact]
    public void A_wider_beam_finds_what_a_greedy_one_misses()
    {
        // 2 is likelier than 3 at first, and a text that begins with 3 ends surely.
        float[] Next(int[] text) => text switch { [] => Logs(0, 0, 0.6, 0.4), [3] => Logs(0, 1, 0, 0), [2] => Logs(0, 0.2, 0.4, 0.4), _ => Logs(0, 0.4, 0.3, 0.3) };

        Write(Next, 4, new Beam(1, 4, End)).ShouldBe([2, 2]);
        Write(Next, 4, new Beam(2, 4, End)).ShouldBe([3]);
    }

    [Fact]
    public void Means_are_compared_and_not_sums()
    {
        // The end at once: log 0.3 = -1.2. Two sure tokens after one of 0.2: log 0.2 / 3 = -0.54.
        float[] Next(int[] text) => text.Length == 0 ? Logs(0, 0.3, 0.2, 0.5 / 2) : text[0] == 2 ? text.Length == 1 ? Logs(0, 0, 1, 0) : Logs(0, 1, 0, 0) : Logs(0.25, 0.25, 0.25, 0.25);

        Write(Next, 4, new Beam(4, 5, End)).ShouldBe([2, 2]);
    }

    [Fact]
    public void It_stops_when_enough_are_finished_or_at_the_most_tokens()
    {
        var early = new Beam(2, 9, End);
        early.Continue(Logs(0, 0.5, 0.4, 0.1));
        early.Open.Count.ShouldBe(2);
        // Both open texts end: with the first that makes three.
        early.Continue([.. Logs(0, 0.9, 0.1, 0), .. Logs(0, 0.9, 0.1, 0)]);
        early.IsDone.ShouldBeTrue();

        var late = new Beam(2, 2, End);
        late.Continue(Logs(0.1, 0, 0.6, 0.3));
        late.IsDone.ShouldBeFalse();
        late.Continue([.. Logs(0.1, 0, 0.6, 0.3), .. Logs(0.1, 0, 0.6, 0.3)]);
        late.IsDone.ShouldBeTrue();
        late.Best.Tokens.ShouldBe([2, 2]);
        late.Best.MeanLogProbability.ShouldBe(Math.Log(0.6), 1e-6);
    }

    [Fact]
    public void Equals_go_in_the_order_of_tokens()
    {
        var beam = new Beam(2, 3, End);

        beam.Continue(Logs(0.2, 0.2, 0.2, 0.2, 0.2));

        beam.Open.Select(text => text.Tokens).ShouldBe([[0], [2]]);
    }

    [Fact]
    public void Open_texts_name_what_they_continue_and_are_as_many_whatever_the_numbers()
    {
        for (var width = 1; width <= 7; width++)
            for (var vocabulary = 2; vocabulary <= 5; vocabulary++)
            {
                var counts = new int?[8];
                for (var seed = 0; seed < 30; seed++)
                {
                    var next = Table(seed, vocabulary);
                    var beam = new Beam(width, 7, End);
                    for (var step = 0; !beam.IsDone; step++)
                    {
                        var before = beam.Open;
                        (counts[step] ??= before.Count).ShouldBe(before.Count, $"width {width}, vocabulary {vocabulary}, seed {seed}, step {step}");
                        beam.Continue([.. before.SelectMany(text => next(text.Tokens))]);
                        foreach (var text in beam.Open)
                            text.Tokens[..^1].ShouldBe(before[text.Continues].Tokens);
                    }
                }
            }
    }

    private static float[] Logs(params double[] probabilities) => [.. probabilities.Select(p => (float)Math.Log(p))];

    private static int[] Write(Func<int[], float[]> next, int vocabulary, Beam beam)
    {
        while (!beam.IsDone)
        {
            float[] rows = [.. beam.Open.SelectMany(text => next(text.Tokens))];
            rows.Length.ShouldBe(beam.Open.Count * vocabulary);
            beam.Continue(rows);
        }
        return beam.Best.Tokens;
    }

    // The next token's log probabilities, drawn for each text.
    private static Func<int[], float[]> Table(int seed, int vocabulary) => text =>
    {
        var random = Seeds.Stream(seed, 0, $"beam {string.Join(' ', text)}");
        var weights = Enumerable.Range(0, vocabulary).Select(_ => Math.Exp(3 * random.Unit())).ToArray();
        return Logs([.. weights.Select(weight => weight / weights.Sum())]);
    };

    private static (int[] Tokens, double Mean) BestOfAll(Func<int[], float[]> next, int vocabulary, int mostTokens, int[] text, double sum)
    {
        if (text.Length == mostTokens)
            return (text, sum / text.Length);
        var row = next(text);
        return Enumerable.Range(0, vocabulary).Select(token => token == End
            ? (text, (sum + row[token]) / (text.Length + 1))
            : BestOfAll(next, vocabulary, mostTokens, [.. text, token], sum + row[token])).MaxBy(found => found.Item2);
    }
}
