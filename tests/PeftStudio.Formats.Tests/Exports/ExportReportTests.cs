using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Exports;
using PeftStudio.Search.Exports;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests.Exports;

public sealed class ExportReportTests
{
    private static readonly ExportReport Report = new(
        ExportReport.CurrentFormat, ExportLayout.AdapterHub, new AdapterBackbone("tiny", new string('a', 64), "bert"), "task", new string('b', 64),
        [new ExportedFile("x.json", 1, new string('c', 64))], [], ["note"], new ExportComparison(8, 2, 1e-4, 1e-7, 1e-7));

    [Fact]
    public void What_is_written_is_read_back()
    {
        using var folder = new TempFolder();
        Report.Write(folder.Path);
        ExportReport.Read(folder.Path).ShouldBe(Report);
        File.ReadAllText(folder["export.json"]).ShouldContain("\"layout\": \"adapterHub\"");
    }

    [Theory]
    [InlineData(null, "does not exist")]
    [InlineData("null", "is null")]
    [InlineData("{}", "format")]
    [InlineData("[", "export.json: ")]
    public void What_is_no_report_is_refused(string? text, string message)
    {
        using var folder = new TempFolder();
        if (text is not null)
            folder.Write("export.json", text);
        Should.Throw<InvalidDataException>(() => ExportReport.Read(folder.Path)).Message.ShouldContain(message);
    }

    [Fact]
    public void Another_versions_report_is_refused()
    {
        using var folder = new TempFolder();
        Report.Write(folder.Path);
        folder.Write("export.json", File.ReadAllText(folder["export.json"]).Replace(ExportReport.CurrentFormat, "peftstudio-export-9", StringComparison.Ordinal));
        Should.Throw<InvalidDataException>(() => ExportReport.Read(folder.Path)).Message.ShouldContain("'peftstudio-export-9'; this version reads");
    }
}
