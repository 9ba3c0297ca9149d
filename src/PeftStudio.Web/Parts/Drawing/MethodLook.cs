using PeftStudio.Search.Methods;

namespace PeftStudio.Web.Parts.Drawing;

/// <summary>How a method looks on every page and chart: a colour (css/studio.css, safe for colour-blind eyes) and a letter, so never colour alone.</summary>
public sealed record MethodLook(string Name, string Title, string Letter, string Css)
{
    public string FillCss => Css + "-fill";

    public static MethodLook Of(string name) => name switch
    {
        "adapter" => new(name, TitleOf(name), "A", "m-adapter"),
        "prefix" => new(name, TitleOf(name), "P", "m-prefix"),
        "bitfit" => new(name, TitleOf(name), "B", "m-bitfit"),
        "lora" => new(name, TitleOf(name), "L", "m-lora"),
        "full" => new(name, "Full fine-tuning", "F", "m-full"),
        _ => new(name, TitleOf(name), name.Length > 0 ? name[..1].ToUpperInvariant() : "?", "m-other"),
    };

    private static string TitleOf(string name) =>
        NamedMethods.All.FirstOrDefault(method => string.Equals(method.Name, name, StringComparison.Ordinal))?.Title ?? name;
}
