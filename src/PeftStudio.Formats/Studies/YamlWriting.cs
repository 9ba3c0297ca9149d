using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace PeftStudio.Formats.Studies;

/// <summary>
/// Canonical JSON as canonical YAML: objects and lists of lists in block style, the rest in flow style; keys in their declared order. Equal values give equal bytes.
/// </summary>
internal static partial class YamlWriting
{
    public static string Write(JsonObject root)
    {
        var text = new StringBuilder();
        Block(text, root, indent: 0);
        return text.ToString();
    }

    private static void Block(StringBuilder text, JsonObject node, int indent)
    {
        foreach (var (key, value) in node)
        {
            text.Append(' ', indent).Append(key).Append(':');
            switch (value)
            {
                case JsonObject { Count: > 0 } inner:
                    text.Append('\n');
                    Block(text, inner, indent + 2);
                    break;
                case JsonArray list when list.Any(item => item is JsonArray or JsonObject):
                    text.Append('\n');
                    foreach (var item in list)
                        Flow(text.Append(' ', indent + 2).Append("- "), item).Append('\n');
                    break;
                default:
                    Flow(text.Append(' '), value).Append('\n');
                    break;
            }
        }
    }

    private static StringBuilder Flow(StringBuilder text, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject inner:
                var first = true;
                text.Append('{');
                foreach (var (key, value) in inner)
                {
                    Flow(text.Append(first ? " " : ", ").Append(key).Append(": "), value);
                    first = false;
                }

                return text.Append(" }");
            case JsonArray list:
                text.Append('[');
                for (var i = 0; i < list.Count; i++)
                    Flow(text.Append(i is 0 ? "" : ", "), list[i]);
                return text.Append(']');
            case JsonValue value when value.GetValueKind() is JsonValueKind.String:
                return Quoted(text, value.GetValue<string>());
            default:
                return text.Append(node?.ToJsonString() ?? "null");
        }
    }

    private static StringBuilder Quoted(StringBuilder text, string value)
    {
        if (Plain().IsMatch(value) && !Reserved().IsMatch(value))
            return text.Append(value);
        text.Append('"');
        foreach (var letter in value)
        {
            _ = letter switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\t' => text.Append("\\t"),
                '\r' => text.Append("\\r"),
                _ when char.IsControl(letter) || letter is '\u2028' or '\u2029' or '\uFEFF' or '\uFFFE' or '\uFFFF' =>
                    text.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:X4}"),
                _ => text.Append(letter),
            };
        }

        return text.Append('"');
    }

    /// <summary>What needs no quotes in any reader of YAML.</summary>
    [GeneratedRegex("^[A-Za-z](?:[A-Za-z0-9 _./+-]*[A-Za-z0-9_./+-])?\\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Plain();

    [GeneratedRegex("^(?:null|true|false|yes|no|on|off|y|n|nan|inf)\\z", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Reserved();
}
