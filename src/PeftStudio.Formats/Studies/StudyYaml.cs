using System.Text.Json;
using System.Text.Json.Nodes;
using PeftStudio.Search;
using PeftStudio.Search.Studies;

namespace PeftStudio.Formats.Studies;

/// <summary>
/// A study as text. Reading takes YAML or JSON and lets defaults be left out; writing gives everything in one order, so that export, import and export again give identical bytes.
/// </summary>
public static class StudyYaml
{
    /// <summary>Longer texts are refused unread.</summary>
    public const int MostLetters = 1_000_000;

    public static string Write(StudyPlan plan) =>
        YamlWriting.Write(JsonSerializer.SerializeToNode(plan, CanonicalJson.Options) as JsonObject ?? throw new InvalidOperationException("a plan is an object"));

    /// <summary>The same value as JSON with line breaks.</summary>
    public static string WriteJson(StudyPlan plan) => JsonSerializer.Serialize(plan, CanonicalJson.Indented) + "\n";

    public static StudyReading Read(string text)
    {
        if (text.Length > MostLetters)
            return Refused(new TextProblem(1, 1, "", $"the text has {text.Length} characters; at most {MostLetters} are read"));
        try
        {
            var body = text.TrimStart('\uFEFF');
            var node = body.AsSpan().TrimStart().StartsWith("{") ? JsonNodes.Read(body) : YamlNodes.Read(body);
            var reading = new NodeReading();
            var json = reading.Value(node, typeof(StudyPlan), nullable: false, "");
            return reading.Problems.Count > 0 || json is null
                ? new StudyReading(null, reading.Problems)
                : new StudyReading(json.Deserialize<StudyPlan>(CanonicalJson.Options), []);
        }
        catch (UnreadableTextException e)
        {
            return Refused(e.Problem);
        }
    }

    private static StudyReading Refused(TextProblem problem) => new(null, [problem]);
}
