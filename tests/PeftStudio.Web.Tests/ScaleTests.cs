using PeftStudio.Web.Parts.Charts;

namespace PeftStudio.Web.Tests;

public sealed class ScaleTests
{
    [Theory]
    [InlineData(-0.4, 62, "0 10 20 30 40 50 60")]
    [InlineData(-26, 72, "-20 0 20 40 60")]
    [InlineData(0.01, 0.034, "0.01 0.015 0.02 0.025 0.03")]
    public void Ticks_are_round_numbers_inside(double low, double high, string ticks) =>
        string.Join(' ', new Scale(low, high).Ticks().Select(Scale.Text)).ShouldBe(ticks);
}
