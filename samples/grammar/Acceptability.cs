namespace PeftStudio.Samples;

/// <summary>
/// Is this English? The two halves of each phenomenon use the same words equally often: what makes a sentence wrong is how two
/// of its words go together, so no word alone says anything.
/// </summary>
internal static class Acceptability
{
    public static (string Phenomenon, string Sentence) Make(Draw draw, bool good) => draw.Below(8) switch
    {
        0 => ("agreement", Agreement(draw, good)),
        1 => ("determiner", Determiner(draw, good)),
        2 => ("argument", Argument(draw, good)),
        3 => ("reflexive", Reflexive(draw, good)),
        4 => ("participle", Participle(draw, good)),
        _ => ("order", Order(draw, good)),
    };

    // The keys behind the door are old. / *The keys behind the door is old.
    private static string Agreement(Draw draw, bool good)
    {
        var (head, other) = draw.TwoOf(draw.Heads() ? Words.People : Words.Things);
        bool many = draw.Heads(), otherMany = draw.Heads();
        var verbs = draw.OfThese<(string One, string Many)>(("is", "are"), ("was", "were"));
        var place = draw.OfThese("near", "behind", "beside", "with");
        return $"The {head.Form(many)} {place} the {other.Form(otherMany)} {(many == good ? verbs.Many : verbs.One)} {draw.OfThese("old", "small", "big", "new", "strong", "dark", "beautiful", "strange")}.";
    }

    // The woman found these books. / *The woman found this books.
    private static string Determiner(Draw draw, bool good)
    {
        var many = draw.Heads();
        var words = draw.OfThese<(string One, string Many)>(("this", "these"), ("that", "those"));
        var noun = $"{(many == good ? words.Many : words.One)} {draw.Of(Words.ThingQualities)} {draw.Of(Words.Things).Form(many)}";
        return $"The {draw.Of(Words.People).Form(draw.Heads())} {draw.OfThese("found", "bought", "saw", "liked", "wanted", "sold")} {noun}.";
    }

    // The girl found the box near the park. The girl fell near the park. / *The girl found near the park. *The girl fell the box near the park.
    private static string Argument(Draw draw, bool good)
    {
        var needs = draw.Heads();
        var given = needs == good;
        var what = given ? $" the {draw.Of(Words.Things).Form(draw.Heads())}" : "";
        return $"The {draw.Of(Words.People).Form(draw.Heads())} {draw.Of(needs ? Words.NeedObject : Words.RefuseObject)}{what} {draw.OfThese("near", "behind", "beside")} the {draw.Of(Words.Places)}.";
    }

    // The woman who met the king hurt herself. / *The woman who met the king hurt himself.
    private static string Reflexive(Draw draw, bool good)
    {
        bool woman = draw.Heads(), otherWoman = draw.Heads();
        var (first, second) = draw.TwoOf([0, 1, 2, 3, 4]);
        var subject = (woman ? Words.Women : Words.Men)[first].One;
        var other = (otherWoman ? Words.Women : Words.Men)[second].One;
        return $"The {subject} {draw.OfThese("who met", "near", "behind", "who knew")} the {other} {draw.OfThese("hurt", "saved", "saw", "helped", "taught")} {(woman == good ? "herself" : "himself")}.";
    }

    // The boys have taken the key. The boys took the key. / *The boys have took the key. *The boys will taken the key.
    private static string Participle(Draw draw, bool good)
    {
        var verb = draw.Of(Words.StrongVerbs);
        var many = draw.Heads();
        var perfect = draw.Heads();
        var helper = perfect ? draw.OfThese(many ? "have" : "has", "had") : draw.OfThese("will", "could", "did not", "would");
        return $"The {draw.Of(Words.People).Form(many)} {helper} {(perfect == good ? verb.Participle : verb.Base)} the {draw.Of(Words.ThingQualities)} {draw.Of(Words.Things).Form(draw.Heads())}.";
    }

    // The old man found the small box. / the same words with two neighbours exchanged.
    private static string Order(Draw draw, bool good)
    {
        var (first, second) = (draw.Of(Words.Qualities), draw.Of(Words.ThingQualities));
        string[] words = ["the", first, draw.Of(Words.People).One, draw.Of(Words.NeedObject), "the", second, draw.Of(Words.Things).One, "in", "the", draw.Of(Words.Places)];
        if (!good)
        {
            var at = draw.OfThese(1, 2, 3, 4, 5, 7, 8);
            (words[at], words[at + 1]) = (words[at + 1], words[at]);
        }
        return Text.Sentence(string.Join(' ', words));
    }
}
