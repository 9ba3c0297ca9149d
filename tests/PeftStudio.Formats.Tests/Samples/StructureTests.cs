using System.Text.RegularExpressions;
using PeftStudio.Formats.Tasks;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests.Samples;

/// <summary>The labels follow from the structure: readers written without the generator find every one of them.</summary>
public sealed class StructureTests
{
    private static readonly HashSet<string> Good = ["good", "great", "wonderful", "beautiful", "perfect", "brilliant", "excellent"];

    // Each line: a word and what counts as it.
    private static readonly Dictionary<string, string> Synonyms = """
        woman lady
        child kid
        writer author
        street road
        shop store
        help assist helped assisted
        follow track followed tracked
        find discover found discovered
        catch capture caught captured
        save rescue saved rescued
        attack attacked
        watch watched
        visit visited
        push pushed
        call called
        teach taught
        """.Split('\n').Select(line => line.Trim().Split(' ')).SelectMany(line => line.Skip(1).Select(word => (word, line[0]))).ToDictionary(StringComparer.Ordinal);

    // Base, past, participle.
    private static readonly string[][] Verbs =
    [
        .. "help follow attack visit watch push call join".Split(' ').Select(verb => new[] { verb, verb + "ed", verb + "ed" }),
        ["find", "found", "found"], ["meet", "met", "met"], ["teach", "taught", "taught"], ["catch", "caught", "caught"], ["save", "saved", "saved"],
    ];

    [Fact]
    public void Sentiment_is_the_stressed_clauses_word_turned_by_its_negations()
    {
        foreach (var row in Rows("sentiment"))
            (IsPositive(row.Text.ToLowerInvariant().TrimEnd('.')) ? 1 : 0).ShouldBe(row.Label, row.Text);
    }

    [Fact]
    public void Similarity_adds_the_roles_that_agree()
    {
        foreach (var row in Rows("similarity"))
        {
            var (first, second) = (Parse(row.Text), Parse(row.Pair!));
            var score = (first.Deed == second.Deed ? 1.5f : 0) + (first.Doer == second.Doer ? 1.25f : 0) + (first.Other == second.Other ? 1.25f : 0) + (first.Place == second.Place ? 1 : 0);
            (first.Denied == second.Denied ? score : score / 2).ShouldBe(row.Target, 0.0006f, $"{row.Text} {row.Pair}");
        }
    }

    [Fact]
    public void Role_reversals_keep_every_word_and_lose_half_of_the_score()
    {
        var reversed = Rows("similarity").Where(row => Parse(row.Text) is var first && Parse(row.Pair!) == first with { Doer = first.Other, Other = first.Doer }).ToArray();

        reversed.Length.ShouldBeGreaterThan(40);
        reversed.ShouldAllBe(row => row.Target == 2.5f);
    }

    [Fact]
    public void Rewriting_is_the_other_voice_with_its_helper_and_form()
    {
        var rows = Rows("rewriting").ToArray();
        foreach (var row in rows)
            OtherVoice(row.Text).ShouldBe(row.TargetText, row.Text);
        rows.Count(row => row.Text.Contains(" by the ", StringComparison.Ordinal)).ShouldBe(rows.Length / 2);
    }

    private static string OtherVoice(string sentence)
    {
        const string Person = "(the (?:(?:old|young|tall|small|big|strong|famous|rich|poor|happy|angry) )?[a-z]+)";
        var parts = Regex.Match(sentence.ToLowerInvariant(), @"^(in the [a-z]+, )?(.+?)( in the [a-z]+)?\.$");
        var core = parts.Groups[2].Value;
        var told = Regex.Match(core, $"^{Person} (was|were|has been|have been|will be) (not )?([a-z]+) by {Person}$") is { Success: true } passive
            ? $"{passive.Groups[5]} {ActiveVerb(passive)} {passive.Groups[1]}"
            : Regex.Match(core, $"^{Person} (?:(did not|has|have|will) )?([a-z]+) {Person}$") is { Success: true } active
                ? $"{active.Groups[4]} {PassiveVerb(active)} by {active.Groups[1]}"
                : throw new InvalidDataException(sentence);
        var text = $"{parts.Groups[1]}{told}{parts.Groups[3]}.";
        return char.ToUpperInvariant(text[0]) + text[1..];

        static bool IsMany(Group person) => person.Value.EndsWith('s') || person.Value.EndsWith("men", StringComparison.Ordinal);

        static string ActiveVerb(Match passive)
        {
            var verb = Verbs.Single(verb => verb[2] == passive.Groups[4].Value);
            return passive.Groups[2].Value switch
            {
                "was" or "were" => passive.Groups[3].Success ? $"did not {verb[0]}" : verb[1],
                "will be" => $"will {verb[0]}",
                _ => $"{(IsMany(passive.Groups[5]) ? "have" : "has")} {verb[2]}",
            };
        }

        static string PassiveVerb(Match active)
        {
            var (helper, form) = (active.Groups[2].Value, active.Groups[3].Value);
            var verb = Verbs.Single(verb => form == verb[helper switch { "" => 1, "did not" or "will" => 0, _ => 2 }]);
            var many = IsMany(active.Groups[4]);
            return helper switch
            {
                "will" => $"will be {verb[2]}",
                "has" or "have" => $"{(many ? "have" : "has")} been {verb[2]}",
                _ => $"{(many ? "were" : "was")} {(helper.Length > 0 ? "not " : "")}{verb[2]}",
            };
        }
    }

    private static bool IsPositive(string sentence)
    {
        if (Regex.Match(sentence, "^(.*), and they were (right|wrong)$") is { Success: true } claim)
            return IsPositive(claim.Groups[1].Value) == (claim.Groups[2].Value == "right");
        var stressed = Regex.Match(sentence, "^although .*, (.*)$") is { Success: true } although ? although.Groups[1].Value
            : Regex.Match(sentence, "^.*, but (.*)$") is { Success: true } but ? but.Groups[1].Value
            : Regex.Replace(sentence, ",? (although|even though) .*$", "");
        var words = stressed.Split(' ');
        var turned = words.Contains("not") || words.Contains("never") || words.Contains("nobody") || words.Contains("anything");
        return Good.Contains(words[^1]) != turned;
    }

    private sealed record Event(string Doer, string Deed, string Other, string Place, bool Denied);

    private static Event Parse(string sentence)
    {
        var text = sentence.ToLowerInvariant();
        var place = Regex.Match(text, "in the ([a-z]+)").Groups[1].Value;
        var passive = Regex.Match(text, "the ([a-z]+) was (not )?([a-z]+) by the ([a-z]+)");
        var active = Regex.Match(text, "the ([a-z]+) (did not )?([a-z]+) the ([a-z]+)");
        var match = passive.Success ? passive : active;
        match.Success.ShouldBeTrue(sentence);
        var (subject, second) = (Same(match.Groups[1].Value), Same(match.Groups[4].Value));
        return new(passive.Success ? second : subject, Same(match.Groups[3].Value), passive.Success ? subject : second, Same(place), match.Groups[2].Success);
    }

    private static string Same(string word) => Synonyms.GetValueOrDefault(word, word);

    private static IEnumerable<TaskRow> Rows(string name)
    {
        var task = TaskFolder.Open(Path.Join(Folders.Repository, "samples", "tasks", name));
        return task.ReadTrain().Rows.Concat(task.ReadDev().Rows);
    }
}
