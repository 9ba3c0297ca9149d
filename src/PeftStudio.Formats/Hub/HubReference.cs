using System.Text.RegularExpressions;

namespace PeftStudio.Formats.Hub;

/// <summary>
/// A repository of models on the hub, and a revision of it. Names as the hub gives them out: an owner and a name (old repositories have no owner),
/// each of letters, digits and <c>. _ -</c>. Both are allow-lists, so no way of writing a path, a query or another host comes through.
/// </summary>
public sealed partial record HubReference
{
    private const int MostLetters = 96;

    /// <exception cref="InvalidDataException">One of the two is refused by <see cref="NameProblem"/> or <see cref="RevisionProblem"/>.</exception>
    public HubReference(string repository, string revision)
    {
        if ((NameProblem(repository) ?? RevisionProblem(revision)) is { } problem)
            throw new InvalidDataException(problem);
        (Repository, Revision) = (repository, revision);
    }

    public string Repository { get; }

    /// <summary>A branch, a tag, a commit or refs/pr/N.</summary>
    public string Revision { get; }

    /// <summary>The repository without its owner.</summary>
    public string ShortName => Repository[(Repository.IndexOf('/', StringComparison.Ordinal) + 1)..];

    public override string ToString() => Revision == "main" ? Repository : $"{Repository} at {Revision}";

    /// <summary>What is wrong with a repository's name; null where it is one.</summary>
    public static string? NameProblem(string? repository) =>
        string.IsNullOrEmpty(repository) ? "write a repository of the hub, as in google-bert/bert-base-uncased"
        : repository.Length > (2 * MostLetters) + 1 || !repository.Split('/').All(part => Part().IsMatch(part)) || repository.Count(c => c == '/') > 1
            || repository.Contains("..", StringComparison.Ordinal) || repository.Contains("--", StringComparison.Ordinal)
            ? $"this is no repository of the hub: owner/name is wanted, each of at most {MostLetters} letters, digits, '.', '_' and '-', as in google-bert/bert-base-uncased"
        : null;

    /// <summary>What is wrong with a revision; null where it is one.</summary>
    public static string? RevisionProblem(string? revision) =>
        string.IsNullOrEmpty(revision) ? "write a branch, a tag or a commit; main is the usual one"
        : revision.Length > 2 * MostLetters || !revision.Split('/').All(part => Part().IsMatch(part)) || revision.Contains("..", StringComparison.Ordinal)
            ? "this is no revision: a branch, a tag or a commit of letters, digits, '.', '_', '-' and inner '/' is wanted"
        : null;

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9._-]{0,95}(?<![.-])\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Part();
}
