using PeftStudio.Search.Methods;

namespace PeftStudio.Web.Parts.Drawing;

/// <summary>
/// How a method looks on every page and chart: a colour (css/studio.css; each of the later ones lies at least 0.07 in OKLab from every other, also for protan, deutan and tritan
/// eyes) and a letter of its own, so never colour alone.
/// </summary>
public sealed record MethodLook(string Name, string Title, string Letter, string Css)
{
    /// <summary>Those of the literature's methods and of full fine-tuning.</summary>
    public static IReadOnlyList<string> Letters { get; } = [.. NamedMethods.All.Select(method => Of(method.Name).Letter), Of("full").Letter];

    public string FillCss => Css + "-fill";

    /// <summary>A method of the literature; of a plan's own, <see cref="MethodLooks"/> knows.</summary>

    public static MethodLook Of(string name) => name switch
    {
        "adapter" => new(name, TitleOf(name), "A", "m-adapter"),
        "prefix" => new(name, TitleOf(name), "P", "m-prefix"),
        "bitfit" => new(name, TitleOf(name), "B", "m-bitfit"),
        "lora" => new(name, TitleOf(name), "L", "m-lora"),
        "houlsby" => new(name, TitleOf(name), "H", "m-houlsby"),
        "parallel" => new(name, TitleOf(name), "R", "m-parallel"),
        "scaled-parallel" => new(name, TitleOf(name), "S", "m-scaled-parallel"),
        "multihead-parallel" => new(name, TitleOf(name), "M", "m-multihead-parallel"),
        "lora-ffn" => new(name, TitleOf(name), "D", "m-lora-ffn"),
        "lora-all" => new(name, TitleOf(name), "E", "m-lora-all"),
        "lowrank-adapter" => new(name, TitleOf(name), "W", "m-lowrank-adapter"),
        "layernorm" => new(name, TitleOf(name), "N", "m-layernorm"),
        "ia3" => new(name, TitleOf(name), "I", "m-ia3"),
        "full" => new(name, "Full fine-tuning", "F", "m-full"),
        _ => new(name, TitleOf(name), name.Length > 0 ? name[..1].ToUpperInvariant() : "?", "m-other"),
    };

    private static string TitleOf(string name) =>
        NamedMethods.All.FirstOrDefault(method => string.Equals(method.Name, name, StringComparison.Ordinal))?.Title ?? name;
}
