namespace PeftStudio.Samples;

/// <summary>
/// Is the speaker for it or against it? Three sentences of five say it plainly; in the rest a negation turns the word, or of two
/// clauses only the one that the conjunction stresses counts. Counting good and bad words therefore helps, and does not suffice.
/// </summary>
internal static class Sentiment
{
    private static readonly string[] Subjects = ["film", "book", "story", "song", "music", "show", "game", "service", "food", "hotel", "restaurant", "room", "concert", "dinner"];

    private static readonly string[] Good = ["good", "great", "wonderful", "beautiful", "perfect", "brilliant", "excellent"];

    private static readonly string[] Bad = ["bad", "poor", "weak", "cheap", "slow", "empty", "dirty"];

    public static string Make(Draw draw, bool positive) => Text.Sentence(draw.Below(20) switch
    {
        < 12 => Plain(draw, positive),
        < 15 => Turned(draw, positive),
        < 19 => Contrast(draw, positive),
        _ => Claim(draw, positive),
    });

    private static string Degree(Draw draw) => draw.OfThese("", "", "really ", "so ");

    private static string Is(Draw draw) => draw.OfThese("was", "is");

    private static string Predicate(Draw draw, string verb, bool positive) => $"{verb} {Degree(draw)}{draw.Of(positive ? Good : Bad)}";

    // Two words each, so that few rows show many.
    private static string Plain(Draw draw, bool positive)
    {
        var (subject, another) = draw.TwoOf(Subjects);
        var (word, more) = draw.TwoOf(positive ? Good : Bad);
        var verb = positive ? draw.OfThese("loved", "enjoyed", "liked") : draw.OfThese("refused", "criticized", "rejected");
        return draw.Below(3) switch
        {
            0 => $"the {subject} {Is(draw)} {Degree(draw)}{word} and {more}",
            1 => $"the {subject} {Is(draw)} {Degree(draw)}{word}, and the {another} {Is(draw)} {Degree(draw)}{more}",
            _ => $"everyone {verb} the {subject} and it {Is(draw)} {Degree(draw)}{word}",
        };
    }

    private static string Turned(Draw draw, bool positive) => draw.Below(4) switch
    {
        0 => $"the {draw.Of(Subjects)} {Predicate(draw, $"{Is(draw)} {draw.OfThese("not", "never")}", !positive)}",
        1 => $"nobody said that the {draw.Of(Subjects)} {Predicate(draw, "was", !positive)}",
        2 => $"i do not think the {draw.Of(Subjects)} {Predicate(draw, Is(draw), !positive)}",
        _ => $"the {draw.Of(Subjects)} {Is(draw)} anything but {draw.Of(positive ? Bad : Good)}",
    };

    private static string Contrast(Draw draw, bool positive)
    {
        var (first, second) = draw.TwoOf(Subjects);
        var stressed = $"the {first} {Predicate(draw, Is(draw), positive)}";
        var other = $"the {second} {Predicate(draw, Is(draw), !positive)}";
        return draw.Below(4) switch
        {
            0 => $"{other}, but {stressed}",
            1 => $"although {other}, {stressed}",
            2 => $"{stressed}, although {other}",
            _ => $"{stressed} even though {other}",
        };
    }

    private static string Claim(Draw draw, bool positive)
    {
        var right = draw.Heads();
        return $"{draw.OfThese("critics", "people", "my friends")} said that the {draw.Of(Subjects)} {Predicate(draw, "was", positive == right)}, and they were {(right ? "right" : "wrong")}";
    }
}
