namespace PeftStudio.Formats.Tasks;

/// <summary>How a task whose targets are texts is asked and answered.</summary>
public sealed record TextGeneration
{
    /// <summary>What BART puts around every text.</summary>
    public const int FewestTokens = 2;
    public const int MostTokens = 1024;
    public const int MostBeams = 32;
    public const int LongestPrefix = 200;

    public TextGeneration(int maxTokens, int beams = 4, string prefix = "")
    {
        if (maxTokens is < FewestTokens or > MostTokens)
            throw new InvalidTaskException($"'generation.maxTokens' is {maxTokens}; {FewestTokens} to {MostTokens}");
        if (beams is < 1 or > MostBeams)
            throw new InvalidTaskException($"'generation.beams' is {beams}; 1 (greedy) to {MostBeams}");
        if (prefix.Length > LongestPrefix || prefix.Any(char.IsControl))
            throw new InvalidTaskException($"'generation.prefix' must be at most {LongestPrefix} printable characters");
        (MaxTokens, Beams, Prefix) = (maxTokens, beams, prefix);
    }

    /// <summary>Of a target, its special tokens counted: longer ones are cut in training, and writing stops there.</summary>
    public int MaxTokens { get; }

    /// <summary>Kept side by side by the search for the likeliest text.</summary>
    public int Beams { get; }

    /// <summary>Put in front of every text, as T5 was taught: "summarize: ".</summary>
    public string Prefix { get; }
}
