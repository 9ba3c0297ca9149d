using PeftStudio.Search.Studies;
using PeftStudio.Storage.Queries;
using Spectre.Console;

namespace PeftStudio.Worker.Commands;

/// <summary>The final comparison as a table for a terminal: official dev rows, means over seeds with their 95 % intervals.</summary>
internal static class FinalTableText
{
    public static Table Of(FinalTable final, StudyView study)
    {
        var tasks = study.Plan.Tasks;
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("design");
        table.AddColumn(new TableColumn("parameters").RightAligned());
        foreach (var task in tasks)
            table.AddColumn(new TableColumn(Markup.Escape(task)).RightAligned());
        table.AddColumn(new TableColumn("mean").RightAligned());
        table.AddColumn("found minus this");
        foreach (var row in final.Rows)
            table.AddRow([
                Markup.Escape(row.Label),
                row.Parameters is { } count ? $"{count:N0}" : "all",
                .. row.Tasks.Select(cell => Markup.Escape(Figure(cell.N, cell.Mean, cell.Interval))),
                Markup.Escape(Figure(row.N, row.Mean, row.Interval)),
                Markup.Escape(Margin(row.FoundMinusThis)),
            ]);
        table.Caption($"official dev rows, n = {study.Plan.Final.Seeds} seeds");
        return table;
    }

    private static string Figure(int n, double? mean, Interval? interval) =>
        mean is not { } value ? "-" : interval is { } range ? $"{value:F1} [{range.Low:F1}, {range.High:F1}]" : $"{value:F1} (n = {n})";

    private static string Margin(PairedMargin? margin) => margin switch
    {
        null => "",
        { Interval: { } range } => $"{margin.Mean:+0.0;-0.0} [{range.Low:F1}, {range.High:F1}], n = {margin.N}",
        _ => $"{margin.Mean:+0.0;-0.0}, n = {margin.N}: too few runs",
    };
}
