using PeftStudio.Search.Exports;

namespace PeftStudio.Search.Tests.Exports;

public sealed class ExportKeyTests
{
    [Fact]
    public void What_was_written_is_read()
    {
        foreach (var layout in Enum.GetValues<ExportLayout>())
            ExportKey.Parse(new ExportKey(12, layout).ToString()).ShouldBe(new(12, layout));
    }

    /// <summary>A number, a sign, a list: what Enum.TryParse takes beside the names.</summary>
    [Theory]
    [InlineData("12")]
    [InlineData("12-")]
    [InlineData("12-zip")]
    [InlineData("12-1")]
    [InlineData("12-+1")]
    [InlineData("12-9")]
    [InlineData("12- peft")]
    [InlineData("12-adapterhub,peft")]
    [InlineData("12-peft-2")]
    [InlineData("-12-peft")]
    [InlineData("+12-peft")]
    [InlineData(" 12-peft")]
    [InlineData("x-peft")]
    [InlineData("99999999999999999999-peft")]
    public void Anything_else_is_refused(string text) =>
        Should.Throw<FormatException>(() => ExportKey.Parse(text)).Message.ShouldBe($"'{text}' names no export");
}
