using System.Xml.Linq;

namespace PeftStudio.Architecture.Tests;

/// <summary>The rooms of the house and the arrows between them, as the project files have them.</summary>
internal static class Rooms
{
    /// <summary>The arrows that are meant: from a room to the rooms that it names itself.</summary>
    public static readonly IReadOnlyDictionary<string, string[]> Arrows = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["Search"] = [],
        ["Formats"] = ["Search"],
        ["Torch"] = [],
        ["Models"] = ["Formats", "Torch"],
        ["Training"] = ["Models"],
        ["Storage"] = ["Search"],
        ["Migrations"] = ["Storage"],
        ["Jobs"] = ["Storage"],
        ["Worker"] = ["Jobs", "Training", "Migrations"],
        ["Web"] = ["Jobs", "Formats", "Migrations"],
    };

    /// <summary>Packages (by the start of their names) and the only rooms that may name them.</summary>
    public static readonly IReadOnlyDictionary<string, string[]> PackageOwners = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["MathNet.Numerics"] = ["Search"],
        ["Npgsql"] = ["Storage"],
        ["Microsoft.EntityFrameworkCore"] = ["Storage", "Migrations"],
        ["Quartz"] = ["Jobs"],
        ["Radzen"] = ["Web"],
        ["Microsoft.AspNetCore"] = ["Web"],
        ["TorchSharp"] = ["Torch", "Models", "Training", "Worker"],
    };

    /// <summary>Namespaces and the only rooms whose sources may name them.</summary>
    public static readonly IReadOnlyDictionary<string, string[]> NamespaceOwners = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["Microsoft.AspNetCore"] = ["Web"],
        ["Microsoft.EntityFrameworkCore"] = ["Storage", "Migrations", "Jobs"],
        ["Quartz"] = ["Jobs", "Worker", "Web"],
        ["TorchSharp"] = ["Torch", "Models", "Training", "Worker"],
        ["PeftStudio.Torch"] = ["Torch", "Models", "Training", "Worker"],
        ["PeftStudio.Models"] = ["Models", "Training", "Worker"],
        ["PeftStudio.Training"] = ["Training", "Worker"],
    };

    public static string ProjectFile(string room) => room == "Migrations"
        ? Path.Combine(PeftStudio.Tests.Folders.Repository, "migrations", "PeftStudio.Migrations.csproj")
        : Path.Combine(PeftStudio.Tests.Folders.Repository, "src", $"PeftStudio.{room}", $"PeftStudio.{room}.csproj");

    public static IEnumerable<string> Sources(string room) => Directory
        .EnumerateFiles(Path.GetDirectoryName(ProjectFile(room))!, "*.*", SearchOption.AllDirectories)
        .Where(file => file.EndsWith(".cs", StringComparison.Ordinal) || file.EndsWith(".razor", StringComparison.Ordinal))
        .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
            && !file.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
            && !file.Contains($"{Path.DirectorySeparatorChar}Migrations{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    public static string[] References(XDocument project) =>
        [.. project.Descendants("ProjectReference").Select(node => Path.GetFileNameWithoutExtension(node.Attribute("Include")!.Value).Replace("PeftStudio.", "", StringComparison.Ordinal))];

    public static string[] Packages(XDocument project) =>
        [.. project.Descendants().Where(node => node.Name.LocalName is "PackageReference").Select(node => node.Attribute("Include")?.Value).OfType<string>()];
}
