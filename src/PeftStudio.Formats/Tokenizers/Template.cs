using PeftStudio.Search;

namespace PeftStudio.Formats.Tokenizers;

/// <summary>What stands at one place of a finished row: a special token, or the first or second text.</summary>
/// <param name="Sequence">0 or 1 for a text; null for a special token</param>
/// <param name="Id">of the special token</param>
internal readonly record struct TemplatePiece(int? Sequence, int Id, int TypeId)
{
    public static TemplatePiece Text(int sequence, int typeId) => new(sequence, 0, typeId);

    public static TemplatePiece Special(int id, int typeId) => new(null, id, typeId);
}

/// <summary>Where the special tokens go, for one text and for a pair.</summary>
internal sealed record Template(ValueList<TemplatePiece> Single, ValueList<TemplatePiece> Pair)
{
    /// <summary>[CLS] A [SEP] and [CLS] A [SEP] B [SEP], the second text with type 1.</summary>
    public static Template Bert(int cls, int sep) => new(
        [TemplatePiece.Special(cls, 0), TemplatePiece.Text(0, 0), TemplatePiece.Special(sep, 0)],
        [TemplatePiece.Special(cls, 0), TemplatePiece.Text(0, 0), TemplatePiece.Special(sep, 0), TemplatePiece.Text(1, 1), TemplatePiece.Special(sep, 1)]);

    /// <summary>&lt;s&gt; A &lt;/s&gt; and &lt;s&gt; A &lt;/s&gt; &lt;/s&gt; B &lt;/s&gt;, all of type 0.</summary>
    public static Template Roberta(int cls, int sep) => new(
        [TemplatePiece.Special(cls, 0), TemplatePiece.Text(0, 0), TemplatePiece.Special(sep, 0)],
        [TemplatePiece.Special(cls, 0), TemplatePiece.Text(0, 0), TemplatePiece.Special(sep, 0), TemplatePiece.Special(sep, 0), TemplatePiece.Text(1, 0), TemplatePiece.Special(sep, 0)]);

    /// <summary>A &lt;/s&gt; and A &lt;/s&gt; B &lt;/s&gt;, all of type 0.</summary>
    public static Template T5(int eos) => new(
        [TemplatePiece.Text(0, 0), TemplatePiece.Special(eos, 0)],
        [TemplatePiece.Text(0, 0), TemplatePiece.Special(eos, 0), TemplatePiece.Text(1, 0), TemplatePiece.Special(eos, 0)]);

    public bool Has(int special) => Single.Concat(Pair).Any(piece => piece.Sequence is null && piece.Id == special);

    public int Added(bool pair) => (pair ? Pair : Single).Count(p => p.Sequence is null);

    /// <param name="first">ids of the first text</param>
    /// <param name="second">ids of the second text; null: there is none</param>
    /// <param name="firstLength">how many of the first text's ids are kept</param>
    /// <param name="secondLength">how many of the second text's ids are kept</param>
    public EncodedText Apply(List<int> first, List<int>? second, int firstLength, int secondLength)
    {
        var pieces = second is null ? Single : Pair;
        var total = firstLength + secondLength + Added(second is not null);
        var (ids, types, at) = (new int[total], new int[total], 0);
        foreach (var piece in pieces)
        {
            var length = piece.Sequence switch { null => 1, 0 => firstLength, _ => secondLength };
            if (piece.Sequence is null)
                ids[at] = piece.Id;
            else
                (piece.Sequence == 0 ? first : second ?? []).CopyTo(0, ids, at, length);
            types.AsSpan(at, length).Fill(piece.TypeId);
            at += length;
        }
        return new EncodedText(ids, types);
    }

    public void AddTo(CanonicalHash hash)
    {
        foreach (var pieces in new[] { Single, Pair })
        {
            hash.Add(pieces.Count);
            foreach (var piece in pieces)
            {
                hash.Add(piece.Sequence ?? -1);
                hash.Add(piece.Id);
                hash.Add(piece.TypeId);
            }
        }
    }
}
