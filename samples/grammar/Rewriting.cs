namespace PeftStudio.Samples;

/// <summary>
/// The same in the other voice. Roles change places with all that belongs to them, the verb its form, and the helper agrees with whoever is the subject now; the place stays where it is.
/// </summary>
internal static class Rewriting
{
    private sealed record Person(string Words, bool Many);

    /// <param name="toPassive">the source is active and the target passive; otherwise the reverse.</param>
    /// <returns>what is told, whichever voice is asked for; the sentence, and what it becomes</returns>
    public static (string Told, string Source, string Target) Make(Draw draw, bool toPassive)
    {
        var (first, second) = draw.TwoOf(Words.People);
        var (doer, other) = (Of(draw, first), Of(draw, second));
        var deed = draw.Of(Words.Deeds);
        var time = draw.Below(4);
        var active = $"{doer.Words} {Active(deed, time, doer.Many)} {other.Words}";
        var passive = $"{other.Words} {Passive(deed, time, other.Many)} by {doer.Words}";
        var (place, where) = (draw.Of(Words.Places), draw.Below(3));
        return (Told(active), Told(toPassive ? active : passive), Told(toPassive ? passive : active));

        string Told(string core) => Text.Sentence(where switch { 0 => core, 1 => $"in the {place}, {core}", _ => $"{core} in the {place}" });
    }

    // the girl, the old girls
    private static Person Of(Draw draw, Noun noun)
    {
        var many = draw.Heads();
        var quality = draw.Heads() ? $"{draw.Of(Words.Qualities)} " : "";
        return new($"the {quality}{noun.Form(many)}", many);
    }

    private static string Active(Verb deed, int time, bool many) => time switch
    {
        0 => deed.Past,
        1 => $"did not {deed.Base}",
        2 => $"{(many ? "have" : "has")} {deed.Participle}",
        _ => $"will {deed.Base}",
    };

    private static string Passive(Verb deed, int time, bool many) => time switch
    {
        0 => $"{(many ? "were" : "was")} {deed.Participle}",
        1 => $"{(many ? "were" : "was")} not {deed.Participle}",
        2 => $"{(many ? "have" : "has")} been {deed.Participle}",
        _ => $"will be {deed.Participle}",
    };
}
