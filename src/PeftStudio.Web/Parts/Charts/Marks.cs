namespace PeftStudio.Web.Parts.Charts;

/// <summary>One group of points: a colour class of css/studio.css and a shape, so that groups differ without colour too.</summary>
public sealed record Mark(string Css, string Path)
{
    private static readonly string[] Shapes =
    [
        "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
        "M-3.6 -3.6h7.2v7.2h-7.2z",
        "M0 -4.8L4.6 3.4H-4.6z",
        "M0 -5L4.6 0L0 5L-4.6 0z",
        "M-1.5 -4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3z",
        "M0 4.8L4.6 -3.4H-4.6z",
    ];

    /// <summary>The first groups get colours and shapes of their own; what comes after the eighth shares the last.</summary>
    public static Mark Of(int group) => new($"c{Math.Min(group, 7) + 1}", Shapes[group % Shapes.Length]);
}
