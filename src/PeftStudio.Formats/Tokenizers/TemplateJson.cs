using System.Text.Json;
using PeftStudio.Search;

namespace PeftStudio.Formats.Tokenizers;

/// <summary>Reads tokenizer.json's post_processor: TemplateProcessing, and BERT's and RoBERTa's own kinds, also inside a Sequence.</summary>
internal static class TemplateJson
{
    // Published templates add four at most; each row of a task gets them.
    private const int MostIds = 8;
    private const int MostSpecial = 16;

    private static readonly Template Nothing = new([TemplatePiece.Text(0, 0)], [TemplatePiece.Text(0, 0), TemplatePiece.Text(1, 1)]);

    public static Template Read(JsonFields tokenizer, Func<string, int> find) =>
        tokenizer.ObjectOrNull("post_processor") is { } processor ? ReadOne(processor, find) ?? Nothing : Nothing;

    /// <summary>Null where the processor adds no tokens.</summary>
    private static Template? ReadOne(JsonFields processor, Func<string, int> find)
    {
        switch (processor.String("type"))
        {
            case "TemplateProcessing":
                var special = processor.Object("special_tokens");
                return new Template(ReadPieces(processor, "single", special), ReadPieces(processor, "pair", special));
            case "BertProcessing":
                return Template.Bert(ReadToken(processor, "cls", find), ReadToken(processor, "sep", find));
            case "RobertaProcessing":
                return Template.Roberta(ReadToken(processor, "cls", find), ReadToken(processor, "sep", find));
            case "ByteLevel": // moves offsets, adds nothing
                return null;
            case "Sequence":
                var templates = processor.Objects("processors").Select(p => ReadOne(p, find)).Where(t => t is not null).ToArray();
                return templates.Length <= 1 ? templates.FirstOrDefault() : throw processor.Wrong("processors", "add special tokens more than once");
            case var other:
                throw processor.Wrong("type", $"is '{other}'; TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel are supported");
        }
    }

    private static int ReadToken(JsonFields processor, string name, Func<string, int> find)
    {
        var parts = processor.Array(name).ToArray();
        if (parts is not [{ ValueKind: JsonValueKind.String } content, { ValueKind: JsonValueKind.Number } number] || !number.TryGetInt32(out var id))
            throw processor.Wrong(name, "must be a token and its id");
        var known = find(processor.Text(name, content));
        return known == id ? id : throw processor.Wrong(name, $"gives {content} the id {id}, the vocabulary {known}");
    }

    private static ValueList<TemplatePiece> ReadPieces(JsonFields processor, string name, JsonFields special)
    {
        var pieces = new List<TemplatePiece>();
        foreach (var item in processor.Objects(name))
            if (item.ObjectOrNull("SpecialToken") is { } token)
            {
                pieces.AddRange(ReadIds(special.Object(token.String("id"))).Select(id => TemplatePiece.Special(id, token.Int("type_id", 0, 1))));
                if (pieces.Count(p => p.Sequence is null) > MostSpecial)
                    throw processor.Wrong(name, $"adds more special tokens to a row than {MostSpecial}, the most that are read");
            }
            else if (item.ObjectOrNull("Sequence") is { } text)
                pieces.Add(TemplatePiece.Text(text.String("id") switch { "A" => 0, "B" => 1, var other => throw text.Wrong("id", $"is '{other}'; A or B is wanted") }, text.Int("type_id", 0, 1)));
            else
                throw processor.Wrong(name, "must hold SpecialToken and Sequence items");
        var texts = pieces.Where(p => p.Sequence is not null).Select(p => p.Sequence).Order().ToArray();
        return texts is [0] && name == "single" || texts is [0, 1] && name == "pair"
            ? pieces.ToValueList()
            : throw processor.Wrong(name, "must hold each text once");
    }

    private static IEnumerable<int> ReadIds(JsonFields token)
    {
        var items = token.Array("ids").Take(MostIds + 1).ToArray();
        if (items.Length > MostIds)
            throw token.Wrong("ids", $"has more ids than {MostIds}, the most that are read");
        foreach (var item in items)
            yield return item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var id) && id >= 0 ? id : throw token.Wrong("ids", "must be ids");
    }
}
