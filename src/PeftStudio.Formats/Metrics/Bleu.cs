using PeftStudio.Search;

namespace PeftStudio.Formats.Metrics;

/// <summary>
/// Corpus BLEU of Papineni et al. (2002) over runs of one to four words, with sacreBLEU's defaults (Post 2018): 13a words, case kept, an order without a match smoothed
/// exponentially (the k-th such order counts as 1/2^k matches: Chen and Cherry 2014, method 3), always four orders. Fractions.
/// </summary>
internal static class Bleu
{
    private const int Orders = 4;

    /// <param name="references">for each hypothesis at least one</param>
    /// <returns>null where no hypothesis is long enough for a run of four words, so that a precision has no denominator</returns>
    public static double? OfCorpus(IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references) => Count(hypotheses, references).Score();

    public static BleuCounts Count(IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references)
    {
        var (matches, runs) = (new int[Orders], new int[Orders]);
        var (length, referenceLength) = (0, 0);
        for (var row = 0; row < hypotheses.Count; row++)
        {
            var words = MtevalWords.In(hypotheses[row]);
            var rivals = references[row].Select(MtevalWords.In).ToArray();
            length += words.Length;
            // The closest one's, the shorter of two equally close.
            referenceLength += rivals.Select(rival => rival.Length).OrderBy(rival => Math.Abs(rival - words.Length)).ThenBy(rival => rival).First();
            for (var n = 1; n <= Orders; n++)
            {
                var ours = new NGrams(words, n);
                var theirs = new NGrams(rivals[0], n);
                foreach (var rival in rivals.Skip(1))
                    theirs.Join(new NGrams(rival, n));
                matches[n - 1] += ours.Shared(theirs);
                runs[n - 1] += ours.Total;
            }
        }
        return new(matches.ToValueList(), runs.ToValueList(), length, referenceLength);
    }
}

/// <param name="Matches">of runs of one, two, three and four words, over all rows</param>
/// <param name="Runs">in the hypotheses, of the same lengths</param>
/// <param name="Length">the hypotheses' words</param>
/// <param name="ReferenceLength">the references' words</param>
internal sealed record BleuCounts(ValueList<int> Matches, ValueList<int> Runs, int Length, int ReferenceLength)
{
    public double? Score()
    {
        if (Runs.Any(count => count == 0))
            return null;
        if (Matches.All(count => count == 0))
            return 0;
        var (logarithms, smoothing) = (0d, 1d);
        for (var i = 0; i < Runs.Count; i++)
            logarithms += Math.Log((Matches[i] > 0 ? Matches[i] : 1 / (smoothing *= 2)) / Runs[i]);
        var brevity = Length < ReferenceLength ? Math.Exp(1 - ((double)ReferenceLength / Length)) : 1;
        return brevity * Math.Exp(logarithms / Runs.Count);
    }
}
