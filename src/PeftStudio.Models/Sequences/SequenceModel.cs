using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Search;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Sequences;

/// <summary>
/// A T5 or BART with the head that its checkpoint brings: classification from the decoder's last end-of-sequence token (BART), or a language model over the vocabulary.
/// The backbone's tensors are never written.
/// </summary>
public sealed class SequenceModel : IDisposable
{
    private readonly Backbone backbone;
    private readonly ISequenceNetwork network;
    private readonly ClassificationHead? classifier;

    private SequenceModel(Backbone backbone, InsertionPlan plan, ParameterBuffer parameters)
    {
        (this.backbone, Parameters) = (backbone, parameters);
        var (config, type) = (backbone.Config, backbone.Type);
        network = config switch
        {
            { T5: { } t5, Decoder: { } decoder } => new T5Network(config, t5, T5Keys.Weights(config, t5, decoder, Tensor, Peft), type),
            { Bart: { } bart, Decoder: { } decoder } => new BartNetwork(
                config, bart, decoder, BartKeys.Weights(config, decoder, Tensor, Peft), backbone.Contains(BartKeys.LogitsBias) ? backbone[BartKeys.LogitsBias] : null, type),
            _ => throw new ArgumentException($"{config.ModelType} is no encoder-decoder", nameof(backbone)),
        };
        if (config.Bart is null || !backbone.Contains(backbone.HeadLayout.Out + ".weight"))
            return;
        Head = ForwardHead(backbone);
        classifier = new ClassificationHead(backbone.HeadLayout, Linear(backbone.HeadLayout.Dense), Linear(backbone.HeadLayout.Out));

        LinearWeights Linear(string module) => new(Tensor(module + ".weight"), Tensor(module + ".bias"));

        LayerPeft Peft(string stack, int layer, bool cross) =>
            LayerModules.Of(plan.Modules.Where(m => m.Stack == stack && m.Layer == layer && m.IsCross == cross), parameters);
    }

    /// <summary>The classification head's outputs; null: a language model.</summary>
    public HeadPlan? Head { get; }

    /// <summary>What is trained: the plan's modules, and its tensors by their bare keys. A head is trained where the plan names it.</summary>
    public ParameterBuffer Parameters { get; }

    /// <summary>Every parameter of the network and of its head.</summary>
    public static InsertionPlan Everything(Backbone backbone) =>
        new([], backbone.Keys.Where(key => key != BartKeys.LogitsBias).Select(key => new TrainedTensor(key, ParameterGroups.Backbone)).ToValueList());

    /// <exception cref="ArgumentException">An encoder alone, or a plan that does not fit.</exception>
    public static SequenceModel Create(Backbone backbone, InsertionPlan plan, InitialisationSeed seed)
    {
        var stacks = backbone.Shape.Stacks.ToDictionary(stack => stack.Name, StringComparer.Ordinal);
        var parameters = new ParameterBuffer(
            plan.Modules.SelectMany(module => ModuleParameters.Of(module, stacks[module.Stack], seed)).Concat(plan.Tensors.Select(tensor => new ParameterSpec(
                tensor.Key, backbone[tensor.Key].shape, tensor.Group, ParameterGroups.Decays(tensor.Key), backbone[tensor.Key].alias))), backbone.Device);
        try
        {
            return new SequenceModel(backbone, plan, parameters);
        }
        catch
        {
            parameters.Dispose();
            throw;
        }
    }

    /// <param name="targets">of a language model: (batch, rows), int64, -100 where nothing is asked; null for classification, which reads the batch's own tokens.</param>
    /// <param name="visit">is shown each stack's hidden states by its name and their number; what it is shown is freed afterwards.</param>
    /// <returns>(batch, outputs), or (batch, rows, vocabulary); fp32, in the caller's scope</returns>
    /// <exception cref="ArgumentException">Rows are too long, a row to classify has no end-of-sequence token, or targets are there or absent against the head.</exception>
    public Tensor Forward(TokenBatch batch, Tensor? targets, ForwardContext context, Action<string, int, Tensor>? visit = null)
    {
        if (targets is null != classifier is not null)
            throw new ArgumentException(classifier is null ? "a language model is asked without targets" : "a classifier is given targets for its decoder", nameof(targets));
        var config = backbone.Config;
        var inputs = targets ?? batch.Ids;
        if (Math.Max(batch.Time, inputs.size(1)) > config.MaxLength)
            throw new ArgumentException($"rows of {Math.Max(batch.Time, inputs.size(1))} tokens; the backbone takes at most {config.MaxLength}", nameof(batch));
        using var scope = NewDisposeScope();
        var padding = new AttentionMask(batch, backbone.Type, []).For(prefix: 0); // (batch, 1, 1, time)
        var encoded = network.Encode(batch.Ids, padding, context, Show("encoder"));
        var read = DecoderInputs.Shifted(inputs, config.Decoder!.StartTokenId, config.PadTokenId);
        var hidden = network.Decode(read, encoded, padding, context, Show("decoder")); // (batch, rows, width)
        var logits = classifier is null
            ? network.Vocabulary(hidden)
            : classifier.ForwardToken(LastEnd(batch.Ids, hidden), config, context);
        return logits.In(ScalarType.Float32).MoveToOuterDisposeScope();

        Action<int, Tensor>? Show(string stack) => visit is null ? null : (i, states) => visit(stack, i, states);
    }

    /// <summary>Mean cross entropy over rows (or squared error), or over all targets that are asked.</summary>
    public Tensor Loss(Tensor logits, Tensor labels) => Head?.Loss(logits, labels)
        ?? nn.functional.cross_entropy(logits.view(-1, logits.size(-1)), labels.flatten(), ignore_index: DecoderInputs.Ignored);

    public void Dispose() => Parameters.Dispose();

    // (batch, width)
    private Tensor LastEnd(Tensor ids, Tensor hidden)
    {
        var (rows, time) = (ids.size(0), ids.size(1));
        var ends = ids.eq(backbone.Config.Bart!.EosTokenId).to(ScalarType.Int64).mul(arange(1, time + 1, ScalarType.Int64, ids.device));
        var last = ends.max(1).values; // (batch), counted from 1; 0 where there is none
        if (last.min().item<long>() == 0)
            throw new ArgumentException($"a row has no end-of-sequence token ({backbone.Config.Bart!.EosTokenId}), which the classification head reads", nameof(ids));
        return hidden.reshape(rows * time, -1).index_select(0, last.add(arange(0, rows, ScalarType.Int64, ids.device).mul(time)).sub(1));
    }

    private static HeadPlan ForwardHead(Backbone backbone)
    {
        var outputs = (int)backbone[backbone.HeadLayout.Out + ".weight"].size(0);
        return outputs == 1 ? HeadPlan.Regression : HeadPlan.Classification(outputs);
    }

    private Tensor Tensor(string key) => Parameters.Contains(key) ? Parameters[key].Value : backbone[key];
}
