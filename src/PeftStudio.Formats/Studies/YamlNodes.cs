using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace PeftStudio.Formats.Studies;

/// <summary>YAML text to nodes, from the parser's events: one document, no anchors, aliases or tags, so that nothing can expand.</summary>
internal static class YamlNodes
{
    public static TextNode Read(string text)
    {
        var parser = new Parser(new StringReader(text));
        try
        {
            parser.Consume<StreamStart>();
            if (parser.Current is StreamEnd)
                throw new UnreadableTextException(new TextPlace(1, 1), "", "the text is empty; a study needs at least a name, a backbone and tasks");
            parser.Consume<DocumentStart>();
            var root = Node(parser, depth: 0);
            parser.Consume<DocumentEnd>();
            if (parser.Current is DocumentStart second)
                throw new UnreadableTextException(Place(second.Start), "", "a second document starts here; write one study a text");
            return root;
        }
        catch (YamlException e)
        {
            throw new UnreadableTextException(Place(e.Start), "", $"this is no YAML: {e.Message}");
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // The scanner's own assertions, which a bracket left open can reach.
            throw new UnreadableTextException(parser.Current is { } last ? Place(last.End) : new TextPlace(1, 1), "", "this is no YAML from here on; close the bracket or the quotation mark that stands open");
        }
    }

    private static TextNode Node(Parser parser, int depth)
    {
        var place = parser.Current is { } current ? Place(current.Start) : new TextPlace(1, 1);
        if (depth > TextNode.MostDepth)
            throw new UnreadableTextException(place, "", $"nested deeper than {TextNode.MostDepth} levels; a study needs far fewer");
        if (parser.Current is AnchorAlias or NodeEvent { Anchor.IsEmpty: false })
            throw new UnreadableTextException(place, "", "anchors and aliases are not read; write the value out");
        if (parser.Current is NodeEvent { Tag: { IsEmpty: false, IsNonSpecific: false } tag })
            throw new UnreadableTextException(place, "", $"tag {tag} is not read; leave it out");
        if (parser.TryConsume<Scalar>(out var scalar))
            return new TextNode.Scalar(place, scalar.Value, scalar.Style is ScalarStyle.Plain ? ScalarKind.Plain : ScalarKind.String);
        if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = new List<TextNode>();
            while (!parser.TryConsume<SequenceEnd>(out _))
                items.Add(Node(parser, depth + 1));
            return new TextNode.Sequence(place, items);
        }

        parser.Consume<MappingStart>();
        var entries = new List<(TextPlace, string, TextNode)>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (Node(parser, depth + 1) is not TextNode.Scalar key)
                throw new UnreadableTextException(place, "", "a key is a list or an object; write a word");
            entries.Add((key.Place, key.Text, Node(parser, depth + 1)));
        }

        return new TextNode.Mapping(place, entries);
    }

    private static TextPlace Place(Mark mark) => new((int)Math.Max(mark.Line, 1), (int)Math.Max(mark.Column, 1));
}
