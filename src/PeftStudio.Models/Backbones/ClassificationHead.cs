using PeftStudio.Formats.Backbones;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Backbones;

/// <summary>One token, [dropout,] dense, tanh, dropout, out: all families, see <see cref="HeadLayout"/>.</summary>
internal sealed record ClassificationHead(HeadLayout Layout, LinearWeights Dense, LinearWeights Out)
{
    /// <summary>From the first token.</summary>
    /// <param name="hidden">(batch, time, width)</param>
    /// <returns>(batch, outputs) in fp32, in fp64 where the backbone is; in the caller's scope</returns>
    public Tensor Forward(Tensor hidden, BackboneConfig config, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        return ForwardToken(hidden.select(1, 0), config, context).MoveToOuterDisposeScope();
    }

    /// <param name="token">(batch, width)</param>
    /// <returns>as <see cref="Forward"/></returns>
    public Tensor ForwardToken(Tensor token, BackboneConfig config, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        var dropout = config.ClassifierDropout ?? config.HiddenDropout;
        var read = token.In(token.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32); // (batch, width)
        if (Layout.DropoutBeforeDense)
            read = context.Dropped(read, dropout);
        return Out.Forward(context.Dropped(Dense.Forward(read).tanh(), dropout)).MoveToOuterDisposeScope();
    }
}
