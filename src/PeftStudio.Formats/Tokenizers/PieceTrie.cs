namespace PeftStudio.Formats.Tokenizers;

/// <summary>Pieces by their characters: walked once from each place of a word, it finds every piece that begins there.</summary>
internal sealed class PieceTrie
{
    public const int Root = 0;

    private readonly Dictionary<long, int> children = [];
    private readonly List<int> pieces = [-1];

    public void Add(string piece, int id)
    {
        var node = Root;
        foreach (var c in piece)
        {
            if (!children.TryGetValue(Key(node, c), out var child))
            {
                child = pieces.Count;
                pieces.Add(-1);
                children.Add(Key(node, c), child);
            }
            node = child;
        }
        pieces[node] = id;
    }

    /// <summary>False where no piece goes on with this character.</summary>
    public bool TryStep(ref int node, char c) => children.TryGetValue(Key(node, c), out node);

    /// <summary>The piece that ends at the node; -1: none does.</summary>
    public int PieceAt(int node) => pieces[node];

    private static long Key(int node, char c) => ((long)node << 16) | c;
}
