using PeftStudio.Formats.Backbones;
using PeftStudio.Models.Backbones;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Peft;

/// <summary>A change of a sub-layer's output: s dh as a function of what it reads, (..., width) to (..., width).</summary>
internal interface IChange
{
    Tensor Of(Tensor input);
}

/// <summary>s x Down^T Up^T; Down (rank, in), Up (out, rank).</summary>
internal sealed record LowRank(Tensor Down, Tensor Up, double Scale) : IChange
{
    public Tensor Of(Tensor input)
    {
        var type = input.dtype;
        var change = nn.functional.linear(nn.functional.linear(input, Down.In(type)), Up.In(type));
        return Scale == 1 ? change : change.mul(Scale);
    }
}

/// <summary>s (f(x Down^T + b) Up^T + c); Down (bottleneck, width), Up (width, bottleneck).</summary>
internal sealed record Bottleneck(Tensor Down, Tensor DownBias, Tensor Up, Tensor UpBias, Activation Nonlinearity, double Scale) : IChange
{
    public Tensor Of(Tensor input)
    {
        var type = input.dtype;
        var low = Nonlinearity.Of(nn.functional.linear(input, Down.In(type), DownBias.In(type))); // (..., bottleneck)
        var change = nn.functional.linear(low, Up.In(type), UpBias.In(type));
        return Scale == 1 ? change : change.mul(Scale);
    }
}

/// <summary>A bottleneck whose weights are products of low rank, see <see cref="PeftStudio.Search.Methods.LowRankBottlenecks"/>; multiplied out first, they cost the batch one product each.</summary>
internal sealed record LowRankBottleneck(LowRankWeight Down, Tensor DownBias, LowRankWeight Up, Tensor UpBias, Activation Nonlinearity, double Scale) : IChange
{
    public Tensor Of(Tensor input) => new Bottleneck(Down.Whole(input.dtype), DownBias, Up.Whole(input.dtype), UpBias, Nonlinearity, Scale).Of(input);
}

/// <summary>A weight (out, in) of low rank: Right Left; Left (rank, in), Right (out, rank).</summary>
internal sealed record LowRankWeight(Tensor Left, Tensor Right)
{
    public Tensor Whole(ScalarType type) => Right.In(type).matmul(Left.In(type));
}

/// <summary>Keys and values (length, heads x headSize) that stand in front of a layer's own: always seen, and where nothing else is said no position is shifted.</summary>
internal sealed record KeyValue(Tensor Key, Tensor Value)
{
    public long Length { get; } = Key.size(0);

    /// <summary>AdapterHub's T5 counts them as tokens: they have positions, and those of the layer's own keys come after.</summary>
    public bool CountsAsTokens { get; init; }

    /// <param name="own">(batch, heads, time, headSize)</param>
    /// <param name="prefix"><see cref="Key"/> or <see cref="Value"/></param>
    public Tensor InFrontOf(Tensor own, Tensor prefix)
    {
        var (batch, heads, size) = (own.size(0), own.size(1), own.size(3));
        return cat([ByHead(prefix, heads, own.dtype).unsqueeze(0).expand(batch, heads, Length, size), own], 2);
    }

    /// <summary>(heads, length, headSize)</summary>
    public Tensor ByHead(Tensor all, long heads, ScalarType type) => all.In(type).view(Length, heads, -1).transpose(0, 1);
}

/// <summary>The multi-head adapter: each head's own keys and values, with ReLU in softmax's place.</summary>
internal sealed record HeadsAdapter(KeyValue Own, double Scale)
{
    /// <param name="query">(batch, heads, rows, headSize), not scaled</param>
    public Tensor Of(Tensor query) // (batch, heads, rows, headSize)
    {
        var (heads, type) = (query.size(1), query.dtype);
        var low = query.matmul(Own.ByHead(Own.Key, heads, type).transpose(1, 2)).relu(); // (batch, heads, rows, length)
        var change = low.matmul(Own.ByHead(Own.Value, heads, type));
        return Scale == 1 ? change : change.mul(Scale);
    }
}

/// <summary>What a trial put on one product: l * (y W^T + b + s y Down^T Up^T), y = m * x; <paramref name="Rescaling"/> l (out), <paramref name="InputRescaling"/> m (in).</summary>
internal sealed record ProductPeft(LowRank? Lora, Tensor? Rescaling, Tensor? InputRescaling)
{
    public static readonly ProductPeft None = new(null, null, null);
}

/// <summary>What a trial put on one sub-layer, by what it reads: the sub-layer's input, its output, or the normed sum of its output and its residual.</summary>
internal sealed record SubLayerPeft(IReadOnlyList<IChange> OfInput, IReadOnlyList<IChange> OfOutput, IReadOnlyList<IChange> OfNormed)
{
    public static readonly SubLayerPeft None = new([], [], []);
}

/// <summary>The modules of one layer by what they change. Trained biases and norms are no module: they stand in the layer's weights.</summary>
internal sealed record LayerPeft(
    ProductPeft Query,
    ProductPeft Key,
    ProductPeft Value,
    ProductPeft AttentionOutput,
    ProductPeft FeedForwardInner,
    ProductPeft FeedForwardOutput,
    KeyValue? Prefix,
    HeadsAdapter? Heads,
    SubLayerPeft AfterAttention,
    SubLayerPeft AfterFeedForward)
{
    public static readonly LayerPeft None = new(
        ProductPeft.None, ProductPeft.None, ProductPeft.None, ProductPeft.None, ProductPeft.None, ProductPeft.None, null, null, SubLayerPeft.None, SubLayerPeft.None);
}
