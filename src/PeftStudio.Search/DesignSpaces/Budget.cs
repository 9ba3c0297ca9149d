namespace PeftStudio.Search.DesignSpaces;

/// <summary>A hard cap on the trainable parameters of the backbone part: a count, or a percentage of the backbone's parameters. Exactly one is set.</summary>
public sealed record Budget
{
    public Budget(long? parameters = null, double? percent = null)
    {
        if (parameters is null == percent is null)
            throw new ArgumentException("budget: give either 'parameters' or 'percent'");
        if (parameters is < 1)
            throw new ArgumentException($"budget: {parameters} parameters; at least 1");
        if (percent is { } p && !(p > 0 && p <= 100))
            throw new ArgumentException($"budget: {percent} %; above 0, at most 100");
        Parameters = parameters;
        Percent = percent;
    }

    public long? Parameters { get; }

    public double? Percent { get; }

    /// <summary>The cap B in parameters, rounded down; never more than the backbone has.</summary>
    public long Cap(BackboneShape shape) => Parameters is { } count ? Math.Min(count, shape.Parameters) : (long)Math.Floor((decimal)Percent!.Value * shape.Parameters / 100m);
}
