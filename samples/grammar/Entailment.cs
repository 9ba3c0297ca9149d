namespace PeftStudio.Samples;

/// <summary>
/// Does the second sentence follow from the first? In each pattern the same words stand in rows that do and rows that do not;
/// only in <see cref="Detail"/>, five rows of twelve, does a word that the first sentence lacks give it away.
/// </summary>
internal static class Entailment
{
    private static readonly (Noun Kind, Noun Wider)[] Kinds =
    [
        (Noun.S("dog"), Noun.S("animal")), (Noun.S("cat"), Noun.S("animal")), (Noun.S("horse"), Noun.S("animal")), (Noun.S("bird"), Noun.S("animal")),
        (Noun.S("car"), Noun.S("vehicle")), (new("bus", "buses"), Noun.S("vehicle")), (Noun.S("truck"), Noun.S("vehicle")),
        (Noun.S("novel"), Noun.S("book")), (new("church", "churches"), Noun.S("building")), (Noun.S("house"), Noun.S("building")),
    ];

    public static (string Text, string Pair) Make(Draw draw, bool follows)
    {
        var (text, pair) = draw.Below(12) switch
        {
            < 5 => Detail(draw, follows),
            5 or 6 => Roles(draw, follows),
            7 or 8 => Quantifier(draw, follows),
            9 => Connective(draw, follows),
            10 => Outcome(draw, follows),
            _ => Order(draw, follows),
        };
        return (Text.Sentence(text), Text.Sentence(pair));
    }

    // The old man found a key in the park. -> The man found a key. / -> The man found a ring.
    private static (string, string) Detail(Draw draw, bool follows)
    {
        var (who, someoneElse) = draw.TwoOf(Words.Strangers);
        var (what, somethingElse) = draw.TwoOf(Words.Things);
        var (verb, otherVerb) = draw.TwoOf(Words.NeedObject);
        var quality = draw.Of(Words.Qualities);
        var text = $"the {quality} {who.One} {verb} the {what.One} in the {draw.Of(Words.Places)}";
        var kept = draw.Heads() ? $"{quality} " : "";
        // Any but none of the three parts differ where it does not follow.
        var differ = follows ? 0 : 1 + draw.Below(7);
        return (text, $"the {kept}{((differ & 1) == 0 ? who : someoneElse).One} {((differ & 2) == 0 ? verb : otherVerb)} the {((differ & 4) == 0 ? what : somethingElse).One}");
    }

    // The boy helped the girl. -> The girl was helped by the boy. / -> The boy was helped by the girl.
    private static (string, string) Roles(Draw draw, bool follows)
    {
        var (doer, other) = draw.TwoOf(Words.Strangers);
        var deed = draw.Of(Words.Deeds);
        string Active(string by, string to) => $"the {by} {deed.Past} the {to}";
        string Passive(string by, string to) => $"the {to} was {deed.Participle} by the {by}";
        var text = draw.Heads() ? Active(doer.One, other.One) : Passive(doer.One, other.One);
        var (by, to) = follows ? (doer.One, other.One) : (other.One, doer.One);
        return (text + $" in the {draw.Of(Words.Places)}", draw.Heads() ? Active(by, to) : Passive(by, to));
    }

    // "some" lets the noun grow, "all" and "no" let it shrink: All animals are big. -> All dogs are big.
    private static (string, string) Quantifier(Draw draw, bool follows)
    {
        var quantifier = draw.OfThese("some", "some", "all", "no");
        var (kind, wider) = draw.Of(Kinds);
        var quality = draw.OfThese("old", "new", "big", "small", "black", "white");
        var (narrow, wide) = draw.Heads() ? (kind.Many, wider.Many) : ($"{quality} {kind.Many}", kind.Many);
        var be = draw.OfThese("are", "were");
        var rest = $"{be} {draw.OfThese("famous", "strong", "beautiful", "dangerous", "expensive", "popular")}";
        var (from, to) = follows == (quantifier == "some") ? (narrow, wide) : (wide, narrow);
        return ($"{quantifier} {from} {rest}", $"{quantifier} {to} {rest}");
    }

    // "and" says both, "or" does not: The boy and the girl left. -> The girl left. The girl left. -> The boy or the girl left.
    private static (string, string) Connective(Draw draw, bool follows)
    {
        var (first, second) = draw.TwoOf(Words.Strangers);
        var verb = $"{draw.Of(Words.RefuseObject)} in the {draw.Of(Words.Places)}";
        var fromBoth = draw.Heads();
        var both = $"the {first.One} {(follows == fromBoth ? "and" : "or")} the {second.One} {verb}";
        var one = $"the {(draw.Heads() ? first : second).One} {verb}";
        return fromBoth ? (both, one) : (one, both);
    }

    // The man failed to find the key. -> The man did not find the key. / -> The man found the key.
    private static (string, string) Outcome(Draw draw, bool follows)
    {
        var done = draw.Heads();
        var denied = draw.Below(3) == 0;
        var verb = draw.OfThese(new Verb("find", "found", "found"), new Verb("take", "took", "taken"), new Verb("open", "opened", "opened"), new Verb("buy", "bought", "bought"), new Verb("sell", "sold", "sold"));
        var what = $"the {draw.Of(Words.ThingQualities)} {draw.Of(Words.Things).One}";
        var who = $"the {draw.Of(Words.Strangers).One}";
        var way = (done, denied) switch
        {
            (true, false) => "managed to",
            (false, false) => draw.OfThese("failed to", "refused to"),
            (true, true) => "did not fail to",
            (false, true) => "did not manage to",
        };
        return ($"{who} {way} {verb.Base} {what}", done == follows ? $"{who} {verb.Past} {what}" : $"{who} did not {verb.Base} {what}");
    }

    // The king left before the queen died. -> The queen died after the king left. / -> The queen died before the king left.
    private static (string, string) Order(Draw draw, bool follows)
    {
        var (first, second) = draw.TwoOf(Words.Strangers);
        if (draw.Heads())
        {
            var (word, opposite) = draw.OfThese<(string, string)>(("older", "younger"), ("younger", "older"), ("larger", "smaller"), ("smaller", "larger"), ("better", "worse"), ("worse", "better"));
            var (left, right) = follows ? (second.One, first.One) : (first.One, second.One);
            return ($"the {first.One} is {word} than the {second.One}", $"the {left} is {opposite} than the {right}");
        }
        var (did, happened) = draw.TwoOf(Words.RefuseObject);
        var time = draw.OfThese("before", "after");
        var reverse = time == "before" ? "after" : "before";
        return ($"the {first.One} {did} {time} the {second.One} {happened}", $"the {second.One} {happened} {(follows ? reverse : time)} the {first.One} {did}");
    }
}
