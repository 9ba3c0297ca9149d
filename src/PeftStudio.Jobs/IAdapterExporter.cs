using PeftStudio.Search.Exports;
using PeftStudio.Search.Studies;
using PeftStudio.Storage;

namespace PeftStudio.Jobs;

/// <summary>What is to be exported, and how.</summary>
public sealed record ExportOrder(AdapterFiles Adapter, BackboneAsset Backbone, ExportLayout Layout);

/// <summary>What came of an export.</summary>
public abstract record ExportOutcome
{
    private ExportOutcome()
    {
    }

    /// <param name="Report">the text of export.json.</param>
    /// <param name="Archive">a file with all of its files in one zip.</param>
    public sealed record Made(string Report, string Archive) : ExportOutcome;

    /// <param name="Reason">why the layout cannot carry the adapter; shown to the user.</param>
    public sealed record Refused(string Reason) : ExportOutcome;
}

/// <summary>Makes one export: the models' room in the product, a few bytes in tests.</summary>
public interface IAdapterExporter
{
    /// <summary>Blocks until the files are written, loaded again and compared. Any exception is a failure, whose message is shown to the user.</summary>
    /// <param name="order">what and how</param>
    /// <param name="folder">an empty folder, which the caller removes</param>
    ExportOutcome Export(ExportOrder order, string folder);
}
