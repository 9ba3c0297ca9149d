namespace PeftStudio.Jobs.Tests;

/// <summary>Makes exports as the test says.</summary>
internal sealed class ScriptedExporter(Func<ExportOrder, string, ExportOutcome> script) : IAdapterExporter
{
    public ExportOutcome Export(ExportOrder order, string folder) => script(order, folder);
}
