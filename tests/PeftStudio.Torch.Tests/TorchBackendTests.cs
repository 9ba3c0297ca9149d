using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace PeftStudio.Tests;

/// <summary>What keeps the sources above this project buildable over TorchSharp's packages too.</summary>
public sealed partial class TorchBackendTests
{
    private static readonly string[] Consumers = ["PeftStudio.Models", "PeftStudio.Training", "PeftStudio.Worker"];

    [Fact]
    public void Nobody_but_the_tests_sees_the_internals()
    {
        var project = XDocument.Load(Path.Combine(Folders.Repository, "src", "PeftStudio.Torch", "PeftStudio.Torch.csproj"));
        project.Descendants("InternalsVisibleTo").Select(e => (string?)e.Attribute("Include")).ShouldBe(["PeftStudio.Torch.Tests"]);
    }

    [Fact]
    public void Only_this_project_knows_a_pointer_or_the_native_file()
    {
        var offences = Sources().SelectMany(file => File.ReadLines(file)
            .Select((line, number) => (line, number))
            .Where(x => Native().IsMatch(x.line))
            .Select(x => $"{Path.GetRelativePath(Folders.Repository, file)}:{x.number + 1}: {x.line.Trim()}"));
        offences.ShouldBeEmpty();
    }

    [Fact]
    public void Consumers_reference_TorchSharp_through_this_project_alone()
    {
        foreach (var name in Consumers)
        {
            var project = XDocument.Load(Path.Combine(Folders.Repository, "src", name, name + ".csproj"));
            project.Descendants("PackageReference").Select(e => (string?)e.Attribute("Include")).ShouldNotContain(p => p != null && p.StartsWith("TorchSharp", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("private static unsafe void Read(byte* p)", true)]
    [InlineData("[LibraryImport(\"peftstudio_torch\")]", true)]
    [InlineData("using var scope = torch.NewDisposeScope();", false)]
    public void The_pattern_finds_what_it_should(string line, bool found) => Native().IsMatch(line).ShouldBe(found);

    private static IEnumerable<string> Sources() => Consumers
        .Select(name => Path.Combine(Folders.Repository, "src", name))
        .SelectMany(folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
        .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    [GeneratedRegex(@"\b(unsafe|DllImport|LibraryImport|NativeLibrary|DangerousGetHandle|peftstudio_torch)\b", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Native();
}
