using PeftStudio.Search;
using PeftStudio.Search.Studies;

namespace PeftStudio.Formats.Studies;

/// <summary>What is wrong in a study's text, and where; lines and columns count from 1.</summary>
/// <param name="Key">the key's path, as in "space.groups"; "" where the text itself cannot be read.</param>
public sealed record TextProblem(int Line, int Column, string Key, string Message)
{
    public string Key { get; } = BoundedText.Of(Key);

    public string Message { get; } = BoundedText.Of(Message);

    public override string ToString() => $"line {Line}, column {Column}: {(Key.Length is 0 ? "" : Key + ": ")}{Message}";
}

/// <summary>The plan, or every problem found.</summary>
/// <param name="Plan">null where there are problems.</param>
public sealed record StudyReading(StudyPlan? Plan, ValueList<TextProblem> Problems);

/// <summary>A text that cannot be read any further.</summary>
internal sealed class UnreadableTextException(TextPlace place, string key, string message) : Exception(message)
{
    public TextProblem Problem => new(place.Line, place.Column, key, Message);
}
