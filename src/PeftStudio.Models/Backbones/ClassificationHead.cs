using PeftStudio.Formats.Backbones;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Backbones;

/// <summary>What the head gives: one output a label, or one number.</summary>
public sealed record HeadPlan
{
    private HeadPlan(int outputs, bool isRegression) => (Outputs, IsRegression) = (outputs, isRegression);

    public static HeadPlan Regression { get; } = new(1, isRegression: true);

    public int Outputs { get; }

    public bool IsRegression { get; }

    public static HeadPlan Classification(int labels) => labels >= 2
        ? new HeadPlan(labels, isRegression: false)
        : throw new ArgumentOutOfRangeException(nameof(labels), labels, "at least 2 labels are wanted");

    /// <summary>Mean cross entropy, or mean squared error. logits (rows, outputs) in fp32; labels (rows): int64 classes, or fp32 values.</summary>
    public Tensor Loss(Tensor logits, Tensor labels)
    {
        if (!IsRegression)
            return nn.functional.cross_entropy(logits, labels);
        using var scope = NewDisposeScope();
        return nn.functional.mse_loss(logits.squeeze(-1), labels.In(logits.dtype)).MoveToOuterDisposeScope();
    }
}

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
