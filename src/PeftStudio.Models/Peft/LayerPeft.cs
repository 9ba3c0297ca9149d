using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Peft;

/// <summary>h + s x Down^T Up^T; Down (rank, in), Up (out, rank).</summary>
internal sealed record LowRank(Tensor Down, Tensor Up, double Scale);

/// <summary>ReLU(x Down^T + b) Up^T + c; Down (bottleneck, width), Up (width, bottleneck).</summary>
internal sealed record Bottleneck(Tensor Down, Tensor DownBias, Tensor Up, Tensor UpBias)
{
    public Tensor Forward(Tensor input)
    {
        var type = input.dtype;
        var low = nn.functional.linear(input, Down.to(type), DownBias.to(type)).relu(); // (..., bottleneck)
        return nn.functional.linear(low, Up.to(type), UpBias.to(type));
    }
}

/// <summary>Keys and values (length, heads x headSize) that stand in front of a layer's own: always seen, and no position is shifted.</summary>
internal sealed record KeyValue(Tensor Key, Tensor Value)
{
    public long Length { get; } = Key.size(0);

    /// <param name="own">(batch, heads, time, headSize)</param>
    /// <param name="prefix"><see cref="Key"/> or <see cref="Value"/></param>
    public Tensor InFrontOf(Tensor own, Tensor prefix)
    {
        var (batch, heads, size) = (own.size(0), own.size(1), own.size(3));
        var front = prefix.to(own.dtype).view(Length, heads, size).transpose(0, 1).unsqueeze(0).expand(batch, heads, Length, size);
        return cat([front, own], 2);
    }
}

/// <summary>The modules of one layer by what they change. Trained biases are no module: they stand in the layer's weights.</summary>
internal sealed record LayerPeft(
    LowRank? Query,
    LowRank? Key,
    LowRank? Value,
    LowRank? AttentionOutput,
    LowRank? FeedForwardInner,
    LowRank? FeedForwardOutput,
    KeyValue? Prefix,
    Bottleneck? AfterFeedForward)
{
    public static readonly LayerPeft None = new(null, null, null, null, null, null, null, null);
}
