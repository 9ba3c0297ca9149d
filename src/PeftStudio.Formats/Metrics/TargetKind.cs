namespace PeftStudio.Formats.Metrics;

/// <summary>What a task asks for in each row, and so what its metrics compare.</summary>
public enum TargetKind
{
    Classes,
    Scores,
    Texts,
}
