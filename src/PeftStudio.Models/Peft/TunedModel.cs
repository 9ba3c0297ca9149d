using PeftStudio.Models.Backbones;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Peft;

/// <summary>
/// A shared, frozen backbone with one trial's trained parameters in it. The backbone's tensors are never written; whatever lies below the lowest trained
/// layer runs without autograd.
/// </summary>
public sealed class TunedModel : IDisposable
{
    private readonly EncoderWeights weights;
    private readonly LayerPeft[] layers;
    private readonly ClassificationHead head;
    private readonly int lowest;

    private TunedModel(Backbone backbone, InsertionPlan plan, HeadPlan headPlan, ParameterBuffer parameters)
    {
        (Backbone, Plan, Head, Parameters) = (backbone, plan, headPlan, parameters);
        weights = EncoderKeys.Weights(backbone.Config, Tensor);
        layers = [.. Enumerable.Range(0, backbone.Config.Layers).Select(i => LayerModules.Of(plan.Modules.Where(m => m.Layer == i), parameters))];
        head = new ClassificationHead(backbone.HeadLayout, Linear(backbone.HeadLayout.Dense), Linear(backbone.HeadLayout.Out));
        lowest = Lowest();

        LinearWeights Linear(string module) => new(Tensor(module + ".weight"), Tensor(module + ".bias"));
    }

    public Backbone Backbone { get; }

    public InsertionPlan Plan { get; }

    public HeadPlan Head { get; }

    public ParameterBuffer Parameters { get; }

    /// <summary>The first layer that gradients reach, from 0; -1: the embeddings; the number of layers: the head alone.</summary>
    public int LowestTrainedLayer => lowest;

    /// <param name="design">null: full fine-tuning.</param>
    /// <param name="sizes">null where <paramref name="design"/> is.</param>
    /// <param name="methods">those that the design names.</param>
    /// <exception cref="ArgumentException">The design does not fit the backbone, or a method is not built.</exception>
    public static TunedModel Create(
        Backbone backbone, Design? design, DesignSizes? sizes, IReadOnlyList<PeftMethod> methods, HeadPlan head, InitialisationSeed seed)
    {
        RequireEncoder(backbone);
        if (design is null)
            return Create(backbone, InsertionPlan.Everything(backbone), head, seed);
        if (sizes is null)
            throw new ArgumentException("a design is given without its sizes", nameof(sizes));
        return Create(backbone, InsertionPlan.Of(design, sizes, methods, backbone.Shape), head, seed);
    }

    /// <exception cref="InvalidDataException">An encoder-decoder.</exception>
    public static TunedModel Create(Backbone backbone, InsertionPlan plan, HeadPlan head, InitialisationSeed seed)
    {
        RequireEncoder(backbone);
        var stack = backbone.Shape.Stacks[0];
        var specs = plan.Modules.SelectMany(module => ModuleParameters.Of(module, stack, seed))
            .Concat(plan.Tensors.Select(tensor => Copied(backbone, tensor)))
            .Concat(HeadParameters.Of(backbone, plan, head, seed));
        var parameters = new ParameterBuffer(specs, backbone.Device);
        try
        {
            return new TunedModel(backbone, plan, head, parameters);
        }
        catch
        {
            parameters.Dispose();
            throw;
        }
    }

    /// <returns>logits (rows, outputs), fp32, in the caller's scope</returns>
    public Tensor Forward(TokenBatch batch, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        // The head reads the first token alone, so the last layer computes no other.
        return head.Forward(Encode(batch, context, lastRows: 1, visit: null), Backbone.Config, context).MoveToOuterDisposeScope();
    }

    /// <param name="visit">is shown the embedding output as 0 and layer i's output as i + 1; what it is shown is freed afterwards.</param>
    /// <returns>the last hidden states (batch, time, width), in the caller's scope</returns>
    public Tensor Encode(TokenBatch batch, ForwardContext context, Action<int, Tensor>? visit = null) => Encode(batch, context, batch.Time, visit);

    private static void RequireEncoder(Backbone backbone)
    {
        if (backbone.Config.StudyRefusal is { } refusal)
            throw new InvalidDataException($"{backbone.Folder}: {refusal}");
    }

    /// <summary>Frees the trial's parameters; the backbone stays.</summary>
    public void Dispose() => Parameters.Dispose();

    private Tensor Encode(TokenBatch batch, ForwardContext context, long lastRows, Action<int, Tensor>? visit)
    {
        using var scope = NewDisposeScope();
        var config = Backbone.Config;
        var mask = new AttentionMask(batch, Backbone.Type, layers.Where(l => l.Prefix is not null).Select(l => l.Prefix!.Length));
        Tensor hidden;
        using (lowest >= 0 ? no_grad() : null)
            hidden = EmbeddingLayer.Forward(batch, weights.Embeddings, config, Backbone.Type, context);
        visit?.Invoke(0, hidden);
        for (var i = 0; i < layers.Length; i++)
        {
            var below = hidden;
            var rows = i == layers.Length - 1 ? lastRows : batch.Time;
            using (i < lowest ? no_grad() : null)
                hidden = EncoderLayer.Forward(below, rows, weights.Layers[i], layers[i], config, mask, context);
            below.Dispose();
            visit?.Invoke(i + 1, hidden);
        }
        return hidden.MoveToOuterDisposeScope();
    }

    private Tensor Tensor(string bareKey) => Parameters.Contains(bareKey) ? Parameters[bareKey].Value : Backbone[bareKey];

    private static ParameterSpec Copied(Backbone backbone, TrainedTensor tensor)
    {
        var source = backbone[tensor.Key];
        return new ParameterSpec(tensor.Key, source.shape, tensor.Group, ParameterGroups.Decays(tensor.Key), source.alias);
    }

    private int Lowest()
    {
        if (Plan.Tensors.Any(t => t.Key.StartsWith("embeddings.", StringComparison.Ordinal)))
            return -1;
        for (var i = 0; i < layers.Length; i++)
            if (Plan.Modules.Any(m => m.Layer == i) || Plan.Tensors.Any(t => t.Key.StartsWith(EncoderKeys.Layer(i), StringComparison.Ordinal)))
                return i;
        return layers.Length;
    }
}
