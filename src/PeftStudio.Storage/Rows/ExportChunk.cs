using PeftStudio.Search.Exports;

namespace PeftStudio.Storage.Rows;

/// <summary>A part of an export's archive: a single value of the database would hold 1 GB at most, and half of that in a dump.</summary>
public sealed class ExportChunk(long trialId, ExportLayout layout, int number, byte[] content)
{
    public long TrialId { get; private set; } = trialId;

    public ExportLayout Layout { get; private set; } = layout;

    /// <summary>Counted from 0.</summary>
    public int Number { get; private set; } = number;

    public byte[] Content { get; private set; } = content;
}
