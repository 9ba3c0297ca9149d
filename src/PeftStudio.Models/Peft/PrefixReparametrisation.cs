using PeftStudio.Search.Methods;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Peft;

/// <summary>
/// Makes the keys and values of prefixes while they train: [K | V] = tanh(E A^T + a) B^T + b, with E (length, inner), A (m, inner), B (2 inner, m), for each attention by itself (arXiv 2101.00190
/// and the unified view's code have one such network over all layers, which designs with several lengths cannot share). The model has plain keys and values all the time, so that whatever counts,
/// stores or runs them knows nothing of this: after a backward pass <see cref="PullBack"/> carries their gradients over by the chain rule, after an optimizer's step <see cref="Fold"/> writes them anew.
/// </summary>
public sealed class PrefixReparametrisation : IDisposable
{
    private const string KeyPart = ".key";

    private readonly Prefix[] prefixes;

    private sealed record Prefix(TrainedParameter Key, TrainedParameter Value, Tensor Embedding, Tensor Down, Tensor DownBias, Tensor Up, Tensor UpBias)
    {
        public Tensor KeysAndValues() => nn.functional.linear(nn.functional.linear(Embedding, Down, DownBias).tanh(), Up, UpBias); // (length, 2 inner)
    }

    private PrefixReparametrisation(IReadOnlyList<(TrainedParameter Key, TrainedParameter Value, int Width)> made, InitialisationSeed seed, Device device)
    {
        Parameters = new ParameterBuffer(made.SelectMany(prefix => Specs(prefix.Key, prefix.Width, seed)), device);
        prefixes = [.. made.Select(prefix => new Prefix(
            prefix.Key, prefix.Value, Part(prefix.Key, "embedding"), Part(prefix.Key, "down.weight"), Part(prefix.Key, "down.bias"), Part(prefix.Key, "up.weight"), Part(prefix.Key, "up.bias")))];
        Fold();

        Tensor Part(TrainedParameter key, string part) => Parameters[Name(key, part)].Value;
    }

    /// <summary>What is trained in place of the keys and values, in the groups of their methods.</summary>
    public ParameterBuffer Parameters { get; }

    /// <summary>Over the prefixes among <paramref name="trained"/> whose method asks for it, which get their first values by it; null where none does.</summary>
    public static PrefixReparametrisation? Of(ParameterBuffer trained, IReadOnlyList<PeftMethod> methods, InitialisationSeed seed)
    {
        var widths = methods.Where(method => method.Reparametrisation is not null).ToDictionary(method => method.Name, method => method.Reparametrisation!.Value, StringComparer.Ordinal);
        var made = (
            from key in trained.Parameters
            where widths.ContainsKey(key.Group) && key.Name.EndsWith(KeyPart, StringComparison.Ordinal)
            select (key, trained[key.Name[..^KeyPart.Length] + ".value"], widths[key.Group])).ToArray();
        return made.Length == 0 ? null : new PrefixReparametrisation(made, seed, trained.Values.device);
    }

    /// <summary>Takes the gradients of keys and values, leaves zeros there, and adds nothing to what an earlier step left.</summary>
    public void PullBack()
    {
        Parameters.Gradient.zero_();
        foreach (var prefix in prefixes)
        {
            using var scope = NewDisposeScope();
            var (key, value) = (Gradient(prefix.Key), Gradient(prefix.Value));
            prefix.KeysAndValues().backward([cat([key, value], 1)]);
            key.zero_();
            value.zero_();
        }
    }

    /// <summary>Writes what the network makes into the keys and values.</summary>
    public void Fold()
    {
        using var noGrad = no_grad();
        foreach (var prefix in prefixes)
        {
            using var scope = NewDisposeScope();
            var made = prefix.KeysAndValues();
            var inner = made.size(1) / 2;
            prefix.Key.Value.copy_(made.narrow(1, 0, inner));
            prefix.Value.Value.copy_(made.narrow(1, inner, inner));
        }
    }

    public void Dispose() => Parameters.Dispose();

    private static Tensor Gradient(TrainedParameter parameter) => parameter.Value.grad ?? throw new InvalidOperationException($"{parameter.Name} has no gradient buffer");

    private static string Name(TrainedParameter key, string part) => $"{key.Name[..^KeyPart.Length]}.reparametrisation.{part}";

    /// <summary>torch's defaults as in the unified view's code (a normal embedding, Kaiming's uniform), but zero biases.</summary>
    private static IEnumerable<ParameterSpec> Specs(TrainedParameter key, int width, InitialisationSeed seed)
    {
        var (length, inner) = (key.Value.size(0), key.Value.size(1));
        yield return Drawn("embedding", [length, inner], (shape, from) => InitialValues.Normal(shape, 1, from));
        yield return Drawn("down.weight", [width, inner], InitialValues.Down);
        yield return Zero("down.bias", [width]);
        yield return Drawn("up.weight", [2 * inner, width], InitialValues.Down);
        yield return Zero("up.bias", [2 * inner]);

        ParameterSpec Drawn(string part, long[] shape, Func<long[], ulong, Tensor> draw) => Spec(part, shape, () => draw(shape, seed.For(null, Name(key, part), key.Group)));

        ParameterSpec Zero(string part, long[] shape) => Spec(part, shape, () => InitialValues.Zeros(shape));

        ParameterSpec Spec(string part, long[] shape, Func<Tensor> initial) => new(Name(key, part), shape, key.Group, ParameterGroups.Decays(Name(key, part)), initial);
    }
}
