using System.Text.RegularExpressions;

namespace PeftStudio.Architecture.Tests;

/// <summary>What of the house style a machine can hold.</summary>
public sealed class StyleTests
{
    private const int MostLines = 300;

    private static readonly string[] BannedEndings = ["Manager", "Helper", "Helpers", "Util", "Utils", "Service", "Dto", "Info", "Impl", "Base", "Extensions", "Common"];

    private static IEnumerable<string> AllSources => Rooms.Arrows.Keys.SelectMany(Rooms.Sources);

    [Fact]
    public void No_file_is_longer_than_300_lines() => TooLong(AllSources.Select(file => (Relative(file), File.ReadLines(file).Count()))).ShouldBeEmpty();

    [Fact]
    public void No_name_says_nothing() => Empty(AllSources.Select(file => Path.GetFileNameWithoutExtension(file).Split('.')[0])).ShouldBeEmpty();

    [Fact]
    public void Types_are_sealed_static_or_abstract() =>
        AllSources.Where(file => file.EndsWith(".cs", StringComparison.Ordinal) && !file.EndsWith(".razor.cs", StringComparison.Ordinal))
            .SelectMany(file => Open(Path.GetFileName(file), File.ReadAllText(file))).ShouldBeEmpty();

    [Fact]
    public void Nothing_is_left_open_by_its_own_words() =>
        AllSources.Concat(Directory.EnumerateFiles(Path.Combine(PeftStudio.Tests.Folders.Repository, "scripts")))
            .Where(file => Regex.IsMatch(File.ReadAllText(file), "TODO|FIXME|HACK|NotImplementedException|null!", RegexOptions.None, TimeSpan.FromSeconds(5)))
            .Select(Relative).ShouldBeEmpty();

    [Fact]
    public void A_violation_is_seen()
    {
        TooLong([("A.cs", 301), ("B.cs", 300)]).ShouldBe(["A.cs has 301 lines"]);
        Empty(["TrialManager", "Trial"]).ShouldBe(["TrialManager"]);
        Open("A.cs", "public class Trial\n{\n}").ShouldBe(["A.cs: public class Trial"]);
        Open("A.cs", "public sealed class Trial;\npublic abstract record Move;\npublic static class Moves").ShouldBeEmpty();
    }

    private static string[] TooLong(IEnumerable<(string File, int Lines)> files) =>
        [.. files.Where(file => file.Lines > MostLines).Select(file => $"{file.File} has {file.Lines} lines")];

    private static string[] Empty(IEnumerable<string> names) =>
        [.. names.Where(name => BannedEndings.Any(ending => name.EndsWith(ending, StringComparison.Ordinal)))];

    private static string[] Open(string file, string text) =>
    [
        .. Regex.Matches(text, @"^\s*(public|internal|private)?\s*(partial )?(class|record)(?! struct) \w+", RegexOptions.Multiline, TimeSpan.FromSeconds(5))
            .Where(match => !match.Value.Contains("partial", StringComparison.Ordinal))
            .Select(match => $"{file}: {match.Value.Trim()}"),
    ];

    private static string Relative(string file) => Path.GetRelativePath(PeftStudio.Tests.Folders.Repository, file);
}
