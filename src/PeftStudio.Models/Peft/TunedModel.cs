using PeftStudio.Models.Backbones;
using PeftStudio.Models.Sequences;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using static TorchSharp.torch;

namespace PeftStudio.Models.Peft;

/// <summary>
/// A shared, frozen backbone with one trial's trained parameters in it. The backbone's tensors are never written; whatever lies below the lowest trained
/// layer runs without autograd.
/// </summary>
public sealed class TunedModel : IDisposable
{
    private readonly ITaskNetwork network;

    private TunedModel(Backbone backbone, InsertionPlan plan, HeadPlan head, ParameterBuffer parameters)
    {
        (Backbone, Plan, Head, Parameters) = (backbone, plan, head, parameters);
        network = TrialNetworks.Of(backbone, plan, head, parameters);
    }

    public Backbone Backbone { get; }

    public InsertionPlan Plan { get; }

    public HeadPlan Head { get; }

    public ParameterBuffer Parameters { get; }

    /// <param name="design">null: full fine-tuning.</param>
    /// <param name="sizes">null where <paramref name="design"/> is.</param>
    /// <param name="methods">those that the design names.</param>
    /// <exception cref="ArgumentException">The design does not fit the backbone, or a method is not built.</exception>
    public static TunedModel Create(
        Backbone backbone, Design? design, DesignSizes? sizes, IReadOnlyList<PeftMethod> methods, HeadPlan head, InitialisationSeed seed)
    {
        if (design is null)
            return Create(backbone, InsertionPlan.Everything(backbone, head), head, seed);
        if (sizes is null)
            throw new ArgumentException("a design is given without its sizes", nameof(sizes));
        return Create(backbone, InsertionPlan.Of(design, sizes, methods, backbone.Config), head, seed);
    }

    /// <exception cref="ArgumentException">The backbone has no head of the plan's kind.</exception>
    public static TunedModel Create(Backbone backbone, InsertionPlan plan, HeadPlan head, InitialisationSeed seed) => Create(backbone, plan, head, seed, _ => { });

    /// <param name="require">is shown what is to be made before any of it is, and throws where it must not be</param>
    internal static TunedModel Create(Backbone backbone, InsertionPlan plan, HeadPlan head, InitialisationSeed seed, Action<IReadOnlyList<ParameterSpec>> require)
    {
        if (HeadProblem(backbone, head) is { } problem)
            throw new ArgumentException($"{backbone.Folder}: {problem}", nameof(head));
        var stacks = backbone.Shape.Stacks.ToDictionary(stack => stack.Name, StringComparer.Ordinal);
        var specs = plan.Modules.SelectMany(module => ModuleParameters.Of(module, stacks[module.Stack], seed))
            .Concat(plan.Tensors.Select(tensor => Trained(backbone, tensor)))
            .Concat(HeadParameters.Of(backbone, plan, head, seed)).ToArray();
        require(specs);
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

    /// <param name="targets">of a language model: (rows, targets), int64, -100 where nothing is asked; null otherwise</param>
    /// <param name="visit">is shown hidden states by their stack and their number: 0 the embedding output, last the stack's output; what it is shown is freed afterwards.</param>
    /// <returns>
    /// (rows, outputs): a head's logits, or log probabilities of the labels' words; or (rows, targets, vocabulary): a language model's logits. fp32, in the caller's scope
    /// </returns>
    public Tensor Forward(TokenBatch batch, ForwardContext context, Tensor? targets = null, Action<string, int, Tensor>? visit = null) =>
        targets is null == Head.IsLanguageModel
            ? throw new ArgumentException(targets is null ? "a language model is asked without targets" : "a classifier is given targets", nameof(targets))
            : network.Forward(batch, targets, context, visit);

    /// <summary>The mean loss of the batch, a scalar in the caller's scope. Labels that are words are learnt as a language model learns: word by word, against the whole vocabulary.</summary>
    /// <param name="labels">(rows): int64 labels, or fp32 values of a regression; or a language model's targets, (rows, targets)</param>
    public Tensor Loss(TokenBatch batch, Tensor labels, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        if (Head.Words is not { } words)
            return Head.Loss(Forward(batch, context, Head.IsLanguageModel ? labels : null), labels).MoveToOuterDisposeScope();
        var targets = words.TargetsOf(labels);
        return HeadPlan.LanguageModel.Loss(network.Forward(batch, targets, context, visit: null), targets).MoveToOuterDisposeScope();
    }

    /// <summary>What a language model writes for each row, found by beam search (see <see cref="Beam"/>).</summary>
    /// <param name="width">texts kept side by side; 1: greedy</param>
    /// <param name="mostTokens">of a text, its end counted</param>
    /// <param name="end">the token that ends a text</param>
    /// <exception cref="InvalidOperationException">The model is none that writes.</exception>
    public WrittenTokens[] Write(TokenBatch batch, int width, int mostTokens, int end, CancellationToken cancellationToken) =>
        Head.IsLanguageModel && network is SequenceNetwork writer
            ? writer.Write(batch, width, mostTokens, end, cancellationToken)
            : throw new InvalidOperationException("only a language model writes texts");

    /// <summary>Frees the trial's parameters; the backbone stays.</summary>
    public void Dispose() => Parameters.Dispose();

    private static string? HeadProblem(Backbone backbone, HeadPlan head)
    {
        return head.Writes && backbone.Config.Decoder is null ? $"a {backbone.Config.ModelType} writes no words: it has no decoder"
            : !head.Writes && backbone.Config.T5 is not null ? "T5 has no classification head: its labels are words"
            : null;
    }

    private static ParameterSpec Trained(Backbone backbone, TrainedTensor tensor) => tensor.Added is { } length
        ? new ParameterSpec(tensor.Key, [length], tensor.Group, ParameterGroups.Decays(tensor.Key), () => InitialValues.Zeros([length]))
        : new ParameterSpec(tensor.Key, backbone[tensor.Key].shape, tensor.Group, ParameterGroups.Decays(tensor.Key), backbone[tensor.Key].alias);
}
