using PeftStudio.Search.Statistics;
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
        var seeds = study.Plan.Final.Seeds;
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn(new TableColumn("design").NoWrap());
        table.AddColumn(new TableColumn("parameters").RightAligned());
        foreach (var task in tasks)
            table.AddColumn(new TableColumn(Markup.Escape(task)).RightAligned());
        table.AddColumn(new TableColumn("mean").RightAligned());
        table.AddColumn(new TableColumn("found minus this").RightAligned());
        foreach (var row in final.Rows)
            table.AddRow([
                Markup.Escape(row.Label),
                row.Parameters is { } count ? $"{count:N0}" : "all",
                .. row.Tasks.Select(cell => Markup.Escape(Figure(cell.N, seeds, cell.Mean, cell.Interval))),
                Markup.Escape(Figure(row.N, seeds, row.Mean, row.Interval)),
                Markup.Escape(Margin(row.FoundMinusThis, seeds)),
            ]);
        table.Caption($"official dev rows, n = {seeds} seeds{(seeds < StudentT.LeastForInterval ? ": too few for intervals" : ", 95 % intervals")}");
        return table;
    }

    private static string Figure(int n, int seeds, double? mean, Interval? interval) =>
        mean is not { } value ? "-" : $"{value:F1}{Range(interval)}{Fewer(n, seeds)}";

    private static string Margin(PairedMargin? margin, int seeds) => margin is null ? "" : $"{margin.Mean:+0.0;-0.0;0.0}{Range(margin.Interval)}{Fewer(margin.N, seeds)}";

    private static string Range(Interval? interval) => interval is { } range ? $" [{range.Low:F1}, {range.High:F1}]" : "";

    // The caption tells the usual n; a cell tells its own where runs are missing.
    private static string Fewer(int n, int seeds) => n == seeds ? "" : $" (n = {n})";
}
