using System.Globalization;

namespace PeftStudio.Web.Parts.Charts;

/// <summary>A linear axis whose positions are percentages of the drawing's width, so that a chart follows its box without distorting marks or text.</summary>
public sealed record Scale(double Low, double High)
{
    /// <summary>Covers the values with a little air; 0..1 where there are none.</summary>
    public static Scale Over(IEnumerable<double> values)
    {
        var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var value in values)
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
        if (low > high)
            return new(0, 1);
        var air = high > low ? (high - low) * 0.06 : Math.Max(0.5, Math.Abs(high) * 0.02);
        return new(low - air, high + air);
    }

    public double Share(double value) => (value - Low) / (High - Low);

    public string Percent(double value) => (Share(value) * 100).ToString("0.##", CultureInfo.InvariantCulture) + "%";

    /// <summary>Upside down: the largest value at the top of a drawing of this height.</summary>
    public string Down(double value, double height) => ((1 - Share(value)) * height).ToString("0.#", CultureInfo.InvariantCulture);

    /// <summary>Three to seven round numbers.</summary>
    public IReadOnlyList<double> Ticks()
    {
        var rough = (High - Low) / 5;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = (rough / power) switch { < 1.5 => 1, < 3.5 => 2, < 7.5 => 5, _ => 10 } * power;
        var ticks = new List<double>();
        for (var tick = Math.Ceiling(Low / step) * step; tick <= High; tick += step)
            ticks.Add(Math.Round(tick, 10) + 0.0); // -0 becomes 0
        return ticks;
    }

    public static string Text(double value) => Math.Abs(value) >= 10_000
        ? (value / 1000).ToString("0.#", CultureInfo.InvariantCulture) + "k"
        : value.ToString("0.####", CultureInfo.InvariantCulture);
}
