namespace PeftStudio.Samples;

/// <summary>A countable noun.</summary>
internal sealed record Noun(string One, string Many)
{
    public static Noun S(string one) => new(one, one + "s");

    public string Form(bool many) => many ? Many : One;
}

/// <summary>A verb's three forms; <paramref name="Past"/> and participle differ in some.</summary>
internal sealed record Verb(string Base, string Past, string Participle)
{
    public static Verb Ed(string verb) => new(verb, verb + "ed", verb + "ed");
}

/// <summary>Frequent English words; each form is one whole piece of the sample backbone's vocabulary, and a test holds that.</summary>
internal static class Words
{
    public static readonly Noun[] Men = [new("man", "men"), Noun.S("boy"), Noun.S("king"), Noun.S("brother"), Noun.S("son")];

    public static readonly Noun[] Women = [new("woman", "women"), Noun.S("girl"), Noun.S("queen"), Noun.S("sister"), Noun.S("daughter")];

    public static readonly Noun[] People =
    [
        .. Men, .. Women, Noun.S("doctor"), Noun.S("teacher"), Noun.S("soldier"), Noun.S("writer"), Noun.S("student"), Noun.S("artist"),
        Noun.S("lawyer"), Noun.S("driver"), Noun.S("player"), Noun.S("singer"), Noun.S("officer"), Noun.S("friend"),
    ];

    /// <summary>People of whom none is another by his name, as a king is a man.</summary>
    public static readonly Noun[] Strangers =
    [
        Men[0], Men[1], Women[0], Women[1], Noun.S("doctor"), Noun.S("teacher"), Noun.S("soldier"), Noun.S("student"), Noun.S("lawyer"), Noun.S("driver"), Noun.S("player"),
        Noun.S("singer"), Noun.S("writer"),
    ];

    public static readonly Noun[] Things =
    [
        Noun.S("book"), Noun.S("letter"), Noun.S("car"), Noun.S("house"), Noun.S("picture"), Noun.S("ring"), new("box", "boxes"), Noun.S("key"),
        Noun.S("table"), Noun.S("door"), Noun.S("tree"), Noun.S("flower"), Noun.S("boat"), Noun.S("flag"),
    ];

    public static readonly string[] Places = ["garden", "park", "kitchen", "street", "school", "church", "hospital", "library", "station", "forest", "village", "hotel"];

    public static readonly string[] Qualities = ["old", "young", "tall", "small", "big", "strong", "famous", "rich", "poor", "happy", "angry"];

    public static readonly string[] ThingQualities = ["old", "new", "big", "small", "red", "blue", "green", "black", "white", "heavy"];

    /// <summary>Verbs with a person for an object.</summary>
    public static readonly Verb[] Deeds =
    [
        Verb.Ed("help"), Verb.Ed("follow"), Verb.Ed("attack"), Verb.Ed("visit"), Verb.Ed("watch"), Verb.Ed("push"), Verb.Ed("call"), Verb.Ed("join"),
        new("find", "found", "found"), new("meet", "met", "met"), new("teach", "taught", "taught"), new("catch", "caught", "caught"), new("save", "saved", "saved"),
    ];

    /// <summary>Verbs whose past and participle differ, with a thing for an object.</summary>
    public static readonly Verb[] StrongVerbs = [new("take", "took", "taken"), new("choose", "chose", "chosen"), new("see", "saw", "seen"), new("break", "broke", "broken"), new("draw", "drew", "drawn")];

    /// <summary>Verbs that need an object.</summary>
    public static readonly string[] NeedObject = ["found", "carried", "took", "bought", "made", "wanted", "needed", "used", "liked"];

    /// <summary>Verbs that cannot have one.</summary>
    public static readonly string[] RefuseObject = ["arrived", "died", "fell", "appeared", "disappeared", "remained", "stayed", "sat"];
}
