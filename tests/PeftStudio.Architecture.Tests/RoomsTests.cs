using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace PeftStudio.Architecture.Tests;

/// <summary>The arrows of the house run one way, and each foreign thing is known in its own room alone.</summary>
public sealed partial class RoomsTests
{
    public static TheoryData<string> AllRooms => [.. Rooms.Arrows.Keys];

    [Theory]
    [MemberData(nameof(AllRooms))]
    public void A_room_names_only_the_rooms_it_should(string room) =>
        ForeignArrows(room, XDocument.Load(Rooms.ProjectFile(room))).ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(AllRooms))]
    public void A_room_takes_only_the_packages_it_should(string room) =>
        ForeignPackages(room, XDocument.Load(Rooms.ProjectFile(room))).ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(AllRooms))]
    public void A_rooms_sources_name_only_the_namespaces_they_should(string room) =>
        Rooms.Sources(room).SelectMany(file => ForeignNamespaces(room, Path.GetFileName(file), File.ReadAllText(file))).ShouldBeEmpty();

    [Fact]
    public void Every_project_under_src_is_a_room() =>
        Directory.EnumerateDirectories(Path.Combine(PeftStudio.Tests.Folders.Repository, "src"), "PeftStudio.*").Select(folder => Path.GetFileName(folder)["PeftStudio.".Length..])
            .ShouldBeSubsetOf(Rooms.Arrows.Keys);

    [Fact]
    public void The_arrows_have_no_circle()
    {
        var open = new Dictionary<string, string[]>(Rooms.Arrows, StringComparer.Ordinal);
        while (open.Count > 0)
        {
            var leaf = open.FirstOrDefault(room => room.Value.All(target => !open.ContainsKey(target)));
            leaf.Key.ShouldNotBeNull($"a circle among {string.Join(", ", open.Keys)}");
            open.Remove(leaf.Key);
        }
    }

    // Deliberate violations: the three checks above would see them.
    [Fact]
    public void A_violation_is_seen()
    {
        var project = XDocument.Parse(
            """
            <Project>
              <ItemGroup>
                <ProjectReference Include="../PeftStudio.Web/PeftStudio.Web.csproj" />
                <PackageReference Include="Quartz" />
              </ItemGroup>
            </Project>
            """);
        ForeignArrows("Search", project).ShouldBe(["Search -> Web"]);
        ForeignPackages("Search", project).ShouldBe(["Search takes Quartz"]);
        ForeignNamespaces("Web", "Page.cs", "using static TorchSharp.torch;\nnamespace PeftStudio.Web;").ShouldBe(["Web: Page.cs names TorchSharp"]);
        ForeignNamespaces("Search", "Study.cs", "var x = new Microsoft.EntityFrameworkCore.DbContext();").ShouldBe(["Search: Study.cs names Microsoft.EntityFrameworkCore"]);
    }

    private static string[] ForeignArrows(string room, XDocument project) =>
        [.. Rooms.References(project).Except(Rooms.Arrows[room], StringComparer.Ordinal).Select(target => $"{room} -> {target}")];

    private static string[] ForeignPackages(string room, XDocument project) =>
    [
        .. from package in Rooms.Packages(project)
           from owner in Rooms.PackageOwners
           where package.StartsWith(owner.Key, StringComparison.Ordinal) && !owner.Value.Contains(room, StringComparer.Ordinal)
           select $"{room} takes {package}",
    ];

    private static string[] ForeignNamespaces(string room, string file, string text) =>
    [
        .. from owner in Rooms.NamespaceOwners
           where !owner.Value.Contains(room, StringComparer.Ordinal)
           where Regex.IsMatch(Comments().Replace(text, ""), $@"(?<![\w.]){Regex.Escape(owner.Key)}(?!\w)(?=\.|;)", RegexOptions.None, TimeSpan.FromSeconds(5))
           select $"{room}: {file} names {owner.Key}",
    ];

    [GeneratedRegex(@"//.*$|@\*[\s\S]*?\*@", RegexOptions.Multiline, 5000)]
    private static partial Regex Comments();
}
