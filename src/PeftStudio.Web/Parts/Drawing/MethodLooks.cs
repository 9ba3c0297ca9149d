using PeftStudio.Search;
using PeftStudio.Search.Methods;

namespace PeftStudio.Web.Parts.Drawing;

/// <summary>
/// How the methods of one plan look. Its own get a colour by their place in the plan (at least 0.05 in OKLab from every other, for the same eyes as the literature's), and a letter that
/// no other method has: the first free one of their title, else of the alphabet.
/// </summary>
public sealed record MethodLooks(ValueList<PeftMethod> Own)
{
    public MethodLook Of(string name)
    {
        for (var i = 0; i < Own.Count; i++)
            if (string.Equals(Own[i].Name, name, StringComparison.Ordinal))
                return new(name, Own[i].Title, Letters()[i], $"m-own-{(i % OwnMethodCheck.Most) + 1}");
        return MethodLook.Of(name);
    }

    private List<string> Letters()
    {
        var free = Enumerable.Range('A', 26).Select(letter => ((char)letter).ToString()).Except(MethodLook.Letters, StringComparer.Ordinal).ToList();
        var given = new List<string>();
        foreach (var method in Own)
        {
            var letter = method.Title.Select(each => char.ToUpperInvariant(each).ToString()).FirstOrDefault(free.Contains) ?? free.FirstOrDefault() ?? "?";
            free.Remove(letter);
            given.Add(letter);
        }
        return given;
    }
}
