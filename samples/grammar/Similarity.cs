using System.Globalization;

namespace PeftStudio.Samples;

/// <summary>
/// How much do two sentences say the same, 0 to 5? Each tells who did what to whom and where. The score adds what both have in the
/// same role: the deed 1.5, the doer 1.25, the one it was done to 1.25, the place 1; where one sentence denies its deed, half of that. A synonym
/// is the same word, and active, passive and word order change nothing. So shared words help, and who did it decides.
/// </summary>
internal static class Similarity
{
    private static readonly string[][] Persons =
    [
        ["woman", "lady"], ["child", "kid"], ["doctor"], ["teacher"], ["soldier"], ["writer", "author"], ["student"], ["artist"], ["lawyer"], ["priest"],
        ["player"], ["singer"], ["friend"], ["king"], ["queen"], ["judge"], ["boy"], ["girl"], ["man"], ["dog"], ["horse"],
    ];

    private static readonly string[][] Places = [["garden"], ["park"], ["kitchen"], ["street", "road"], ["school"], ["church"], ["hospital"], ["library"], ["station"], ["forest"], ["shop", "store"], ["village"]];

    private static readonly Verb[][] Deeds =
    [
        [Verb.Ed("help"), Verb.Ed("assist")], [Verb.Ed("follow"), Verb.Ed("track")], [Verb.Ed("attack")], [Verb.Ed("watch")], [Verb.Ed("visit")],
        [Verb.Ed("push")], [Verb.Ed("call")], [new("find", "found", "found"), Verb.Ed("discover")],
        [new("teach", "taught", "taught")], [new("catch", "caught", "caught"), new("capture", "captured", "captured")], [new("save", "saved", "saved"), new("rescue", "rescued", "rescued")],
    ];

    private sealed record Event(int Doer, int Deed, int Other, int Place, bool Denied);

    public static (string Text, string Pair, string Score) Make(Draw draw)
    {
        var (doer, other) = draw.TwoOf(Enumerable.Range(0, Persons.Length).ToArray());
        var first = new Event(doer, draw.Below(Deeds.Length), other, draw.Below(Places.Length), Denied: draw.Below(12) == 0);
        var second = Vary(draw, first);
        return (Tell(draw, first), Tell(draw, second), Score(first, second).ToString("0.000", CultureInfo.InvariantCulture));
    }

    private static double Score(Event first, Event second)
    {
        var score = (first.Deed == second.Deed ? 1.5 : 0) + (first.Doer == second.Doer ? 1.25 : 0)
            + (first.Other == second.Other ? 1.25 : 0) + (first.Place == second.Place ? 1 : 0);
        return first.Denied == second.Denied ? score : score / 2;
    }

    private static Event Vary(Draw draw, Event first)
    {
        // Each role is kept or drawn anew; often the two persons change places, which keeps every word.
        var keep = draw.Below(6);
        var roles = new[] { draw.Below(5) < keep, draw.Below(5) < keep, draw.Below(5) < keep, draw.Below(5) < keep };
        var second = first with
        {
            Deed = roles[0] ? first.Deed : draw.Below(Deeds.Length),
            Place = roles[1] ? first.Place : draw.Below(Places.Length),
            Denied = draw.Below(12) == 0 ? !first.Denied : first.Denied,
        };
        if (draw.Below(5) == 0)
            return second with { Doer = first.Other, Other = first.Doer };
        var doer = roles[2] ? first.Doer : draw.Below(Persons.Length);
        var other = roles[3] ? first.Other : draw.Below(Persons.Length);
        return doer == other ? second : second with { Doer = doer, Other = other };
    }

    private static string Tell(Draw draw, Event told)
    {
        string doer = draw.Of(Persons[told.Doer]), other = draw.Of(Persons[told.Other]), place = $"in the {draw.Of(Places[told.Place])}";
        var deed = draw.Of(Deeds[told.Deed]);
        var core = draw.Heads()
            ? $"the {doer} {(told.Denied ? $"did not {deed.Base}" : deed.Past)} the {other}"
            : $"the {other} was {(told.Denied ? "not " : "")}{deed.Participle} by the {doer}";
        return Text.Sentence(draw.Below(3) == 0 ? $"{place}, {core}" : $"{core} {place}");
    }
}
