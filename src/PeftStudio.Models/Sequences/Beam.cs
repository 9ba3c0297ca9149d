namespace PeftStudio.Models.Sequences;

/// <summary>A text that may go on.</summary>
/// <param name="Tokens">without its start</param>
/// <param name="Sum">of its tokens' log probabilities</param>
/// <param name="Continues">which of the texts that were open before it; -1: none was</param>
internal sealed record OpenText(int[] Tokens, double Sum, int Continues);

/// <summary>
/// The search for one row's likeliest text: of all continuations of the texts kept so far the best are kept, as many as the beam is wide. A text that ends among the best is finished, with the
/// mean of its tokens' log probabilities (a length penalty of 1); when as many are finished as the beam is wide, the search stops (early stopping), as it does at the most tokens, where
/// what is still open counts too. Equal scores go in the order of what they continue, then of token ids, so that the same numbers give the same text. How many texts are open after a step
/// depends on the vocabulary and the width alone, as long as the search goes on: rows side by side have equally many.
/// </summary>
/// <param name="width">texts kept side by side; 1: greedy</param>
/// <param name="mostTokens">of a text, its end counted</param>
/// <param name="end">the token that ends a text</param>
internal sealed class Beam(int width, int mostTokens, int end)
{
    private readonly List<WrittenTokens> finished = [];
    private List<OpenText> open = [new([], 0, -1)];

    /// <summary>What has to be continued: texts of one length.</summary>
    public IReadOnlyList<OpenText> Open => open;

    public bool IsDone => open.Count == 0;

    /// <summary>The best text; the first found of equals.</summary>
    public WrittenTokens Best => finished.MaxBy(text => text.MeanLogProbability) ?? throw new InvalidOperationException("no text is finished yet");

    /// <param name="logProbabilities">(open texts, vocabulary), row-major, of the next token</param>
    public void Continue(ReadOnlySpan<float> logProbabilities)
    {
        var vocabulary = logProbabilities.Length / open.Count;
        var kept = new List<OpenText>(width);
        var rank = 0;
        foreach (var (text, token, sum) in BestContinuations(logProbabilities, vocabulary))
        {
            // An end counts only among as many as the beam is wide.
            if (token == end && rank < width)
                finished.Add(new(open[text].Tokens, sum / (open[text].Tokens.Length + 1)));
            else if (token != end && kept.Count < width)
                kept.Add(new([.. open[text].Tokens, token], sum, text));
            rank++;
        }
        open = finished.Count >= width ? [] : kept;
        if (open.Count > 0 && open[0].Tokens.Length < mostTokens)
            return;
        finished.AddRange(open.Select(text => new WrittenTokens(text.Tokens, text.Sum / text.Tokens.Length)));
        open = [];
    }

    /// <summary>Twice as many as the beam is wide, best first: each open text has one end, so that enough go on.</summary>
    private List<(int Text, int Token, double Sum)> BestContinuations(ReadOnlySpan<float> logProbabilities, int vocabulary)
    {
        var most = 2 * width;
        var best = new List<(int Text, int Token, double Sum)>(most + 1);
        for (var i = 0; i < logProbabilities.Length; i++)
        {
            var (text, token) = (i / vocabulary, i % vocabulary);
            var sum = open[text].Sum + logProbabilities[i];
            if (best.Count == most && sum <= best[^1].Sum)
                continue;
            var place = best.Count;
            while (place > 0 && best[place - 1].Sum < sum)
                place--;
            best.Insert(place, (text, token, sum));
            if (best.Count > most)
                best.RemoveAt(most);
        }
        return best;
    }
}
