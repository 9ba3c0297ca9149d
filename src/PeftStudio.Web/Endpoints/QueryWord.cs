using System.Text.Json;
using PeftStudio.Search;

namespace PeftStudio.Web.Endpoints;

/// <summary>A word of an enumeration in a query, in any case; a wrong one is refused with the words there are.</summary>
public readonly record struct QueryWord<T>(T Value)
    where T : struct, Enum
{
    public static bool TryParse(string? text, out QueryWord<T> word)
    {
        word = EnumWord.TryParse<T>(text, out var value) ? new(value)
            : throw new BadHttpRequestException($"'{text}' is none of {string.Join(", ", Enum.GetNames<T>().Select(JsonNamingPolicy.CamelCase.ConvertName))}");
        return true;
    }
}
