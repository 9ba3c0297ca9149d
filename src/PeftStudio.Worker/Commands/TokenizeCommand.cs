using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using PeftStudio.Formats.Tokenizers;
using PeftStudio.Search;

namespace PeftStudio.Worker.Commands;

/// <summary>One line of tokenize's input, and of its output with the ids filled in.</summary>
internal sealed record TokenizeLine(string Text, string? Pair = null, int? MaxLength = null);

/// <summary><c>tokenize --backbone DIR --input IN.jsonl --output OUT.jsonl</c>: a backbone's tokenizer on lines of text.</summary>
internal static class TokenizeCommand
{
    private static readonly JsonSerializerOptions Snake = new(CanonicalJson.Options)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip, // a line may carry what the caller wants to keep beside it
    };

    public static Command Create()
    {
        var backbone = CommandLine.Required("--backbone", "folder with a backbone, or with tokenizer files alone");
        var input = CommandLine.Required("--input", "JSON lines: {\"text\", \"pair\" or null, \"max_length\" or null}");
        var output = CommandLine.Required("--output", "the same lines with \"ids\" and \"type_ids\"");
        var command = new Command("tokenize", "token ids of lines of text") { backbone, input, output };
        command.Run(async (parsed, cancellationToken) =>
        {
            var tokenizer = Tokenizer.FromFolder(parsed.GetRequiredValue(backbone));
            await using var writer = new StreamWriter(parsed.GetRequiredValue(output));
            var number = 0;
            await foreach (var line in File.ReadLinesAsync(parsed.GetRequiredValue(input), cancellationToken))
            {
                number++;
                if (line.Length > 0)
                    await writer.WriteAsync(Tokenise(tokenizer, Read(line, parsed.GetRequiredValue(input), number)) + "\n");
            }
            return 0;
        });
        return command;
    }

    private static TokenizeLine Read(string line, string file, int number)
    {
        try
        {
            return JsonSerializer.Deserialize<TokenizeLine>(line, Snake) ?? throw new InvalidDataException($"{file}, line {number}: null is no row");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{file}, line {number}: not of the form {{\"text\": .., \"pair\": .. or null, \"max_length\": .. or null}}: {error.Message}", error);
        }
    }

    private static string Tokenise(Tokenizer tokenizer, TokenizeLine line)
    {
        var encoding = tokenizer.Encode(line.Text, line.Pair, line.MaxLength);
        return JsonSerializer.Serialize(
            new { line.Text, line.Pair, line.MaxLength, encoding.Ids, encoding.TypeIds }, Snake);
    }
}
