using System.Text.RegularExpressions;
using PeftStudio.Search;
using PeftStudio.Search.Methods;
using PeftStudio.Web.Parts.Drawing;

namespace PeftStudio.Web.Tests;

public sealed class MethodLookTests
{
    // As many of a plan's own as there may be, all of one title's letters.
    private static readonly MethodLooks Plan = new(Enumerable.Range(1, OwnMethodCheck.Most).Select(number => NamedMethods.Lora with { Name = $"own-{number}", Title = $"Cog {number}" }).ToValueList());

    private static readonly MethodLook[] Looks =
        [.. NamedMethods.All.Select(method => MethodLook.Of(method.Name)), MethodLook.Of("full"), .. Plan.Own.Select(method => Plan.Of(method.Name))];

    [Fact]
    public void Every_method_has_a_title_a_letter_and_a_colour_of_its_own()
    {
        Looks.Select(look => look.Letter).ShouldBeUnique();
        Looks.Select(look => look.Css).ShouldBeUnique();
        Looks.ShouldAllBe(look => look.Css != "m-other" && look.Title != look.Name);
    }

    [Fact]
    public void A_letter_of_an_own_methods_title_is_taken_where_one_is_free()
    {
        Plan.Own.Take(4).Select(method => Plan.Of(method.Name).Letter).ShouldBe(["C", "O", "G", "J"]);
        Plan.Of("lora").ShouldBe(MethodLook.Of("lora"));
        Plan.Of("gone").Css.ShouldBe("m-other");
    }

    /// <summary>Text on a chip is readable (WCAG AA, 4.5 to 1), and no two methods have one colour, in the light and both dark sheets.</summary>
    [Fact]
    public void The_sheet_has_each_colour_three_times_readable_and_unlike_the_others()
    {
        var sheet = File.ReadAllText(Path.Combine(Repository, "wwwroot", "css", "studio.css"));
        var inks = Values(sheet, "m-ink");
        inks.Length.ShouldBe(3);
        for (var theme = 0; theme < inks.Length; theme++)
        {
            var colours = Looks.Select(look => Values(sheet, look.Css)[theme]).ToArray();
            colours.ShouldBeUnique();
            foreach (var (look, colour) in Looks.Zip(colours))
                Contrast(colour, inks[theme]).ShouldBeGreaterThanOrEqualTo(4.5, $"{look.Name} in theme {theme}");
        }
        foreach (var look in Looks)
        {
            sheet.ShouldContain($".{look.Css} {{ background: var(--{look.Css}); }}");
            sheet.ShouldContain($".{look.FillCss} {{ fill: var(--{look.Css}); }}");
        }
    }

    private static string Repository
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder.FullName, "PeftStudio.sln")))
                folder = folder.Parent ?? throw new InvalidOperationException("the tests do not run inside the repository");
            return folder.FullName;
        }
    }

    private static string[] Values(string sheet, string variable) =>
        [.. Regex.Matches(sheet, $"--{variable}: (#[0-9a-f]{{6}});").Select(match => match.Groups[1].Value)];

    private static double Contrast(string one, string other)
    {
        var (a, b) = (Luminance(one), Luminance(other));
        return (Math.Max(a, b) + 0.05) / (Math.Min(a, b) + 0.05);
    }

    private static double Luminance(string colour)
    {
        var channels = Enumerable.Range(0, 3).Select(i => Convert.ToInt32(colour.Substring(1 + (2 * i), 2), 16) / 255.0)
            .Select(c => c <= 0.04045 ? c / 12.92 : Math.Pow((c + 0.055) / 1.055, 2.4)).ToArray();
        return (0.2126 * channels[0]) + (0.7152 * channels[1]) + (0.0722 * channels[2]);
    }
}
