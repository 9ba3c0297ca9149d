namespace PeftStudio.Search;

/// <summary>Members of an enumeration by name, in any case. Enum.TryParse takes more than names: numbers, signs, and lists, of which "adapterhub,peft" is peft.</summary>
public static class EnumWord
{
    public static bool TryParse<T>(string? text, out T value)
        where T : struct, Enum
    {
        var at = Array.FindIndex(Enum.GetNames<T>(), name => name.Equals(text, StringComparison.OrdinalIgnoreCase));
        value = at < 0 ? default : Enum.GetValues<T>()[at];
        return at >= 0;
    }
}
