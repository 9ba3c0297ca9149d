using PeftStudio.Formats.Backbones;
using PeftStudio.Models.Sequences;
using PeftStudio.Search.Methods;

namespace PeftStudio.Models.Peft;

/// <summary>A place in a layer. <paramref name="Address"/>: bare key of the module there; null: BERT's, by layer and site.</summary>
/// <param name="IsCross">on a decoder's attention to the encoder.</param>
internal sealed record LayerSite(string? Address, bool IsCross = false);

/// <summary>Where in the layers of each family modified representations live, and which tensors a method of the form Bias or Affine trains.</summary>
internal abstract class LayerSites
{
    public static LayerSites Of(BackboneConfig config) => config switch
    {
        { T5: { } t5 } => new T5Sites(config, t5),
        { Bart: not null } => new BartSites(),
        _ => new EncoderSites(),
    };

    /// <summary>What stands before the keys of a layer, counted from 0.</summary>
    public abstract string Layer(string stack, int layer);

    /// <summary>The modules that compute a representation: one, or in a decoder one for each attention.</summary>
    public abstract IEnumerable<LayerSite> Modules(string stack, int layer, ModifiedRepresentation site);

    /// <summary>The sub-layers that end with a representation.</summary>
    public abstract IEnumerable<LayerSite> SubLayers(string stack, int layer, ModifiedRepresentation site);

    public abstract IEnumerable<TrainedTensor> Trained(string stack, int layer, PeftMethod method);

    /// <summary>Bare key of the product that a linear module is on: that gives its representation, or that alone reads it.</summary>
    public string Product(ModulePlacement module)
    {
        var site = Representations.ReaderOf(module.Site) is not ModifiedRepresentation.None and var reader ? reader : module.Site;
        return Modules(module.Stack, module.Layer, site).Single(place => place.IsCross == module.IsCross).Address ?? ModuleSites.Module(module.Layer, site);
    }

    private sealed class EncoderSites : LayerSites
    {
        public override string Layer(string stack, int layer) => EncoderKeys.Layer(layer);

        public override IEnumerable<LayerSite> Modules(string stack, int layer, ModifiedRepresentation site) => [new(null)];

        public override IEnumerable<LayerSite> SubLayers(string stack, int layer, ModifiedRepresentation site) => [new(null)];

        public override IEnumerable<TrainedTensor> Trained(string stack, int layer, PeftMethod method) =>
            ModuleSites.Trained(layer, method).Select(key => new TrainedTensor(key, method.Name));
    }

    private sealed class BartSites : LayerSites
    {
        public override string Layer(string stack, int layer) => BartKeys.Layer(stack, layer) + ".";

        public override IEnumerable<LayerSite> Modules(string stack, int layer, ModifiedRepresentation site) => site switch
        {
            ModifiedRepresentation.Query => Attentions(stack, layer, ".q_proj"),
            ModifiedRepresentation.Key => Attentions(stack, layer, ".k_proj"),
            ModifiedRepresentation.Value => Attentions(stack, layer, ".v_proj"),
            ModifiedRepresentation.AttentionOutput => Attentions(stack, layer, ".out_proj"),
            ModifiedRepresentation.AttentionHeads => Attentions(stack, layer, ""),
            ModifiedRepresentation.FeedForwardInner => [new(Layer(stack, layer) + "fc1")],
            ModifiedRepresentation.FeedForwardActivation => [new(Layer(stack, layer) + "activation_fn")],
            ModifiedRepresentation.FeedForwardOutput => [new(Layer(stack, layer) + "fc2")],
            _ => throw new ArgumentOutOfRangeException(nameof(site), site, "not one module of a layer"),
        };

        public override IEnumerable<LayerSite> SubLayers(string stack, int layer, ModifiedRepresentation site) =>
            site == ModifiedRepresentation.AttentionOutput ? Attentions(stack, layer, ".output") : [new(Layer(stack, layer) + "output")];

        public override IEnumerable<TrainedTensor> Trained(string stack, int layer, PeftMethod method)
        {
            var keys = Representations.In(method.Representation & Representations.Products).SelectMany(site => Modules(stack, layer, site)).Select(site => site.Address + ".bias");
            if (method.Representation.HasFlag(ModifiedRepresentation.Norms))
                keys = keys.Concat(Attentions(stack, layer, "_layer_norm").Append(new(Layer(stack, layer) + "final_layer_norm"))
                    .SelectMany(norm => method.Form == FunctionalForm.Affine ? new[] { norm.Address + ".weight", norm.Address + ".bias" } : [norm.Address + ".bias"]));
            return keys.Select(key => new TrainedTensor(key, method.Name));
        }

        private static IEnumerable<LayerSite> Attentions(string stack, int layer, string part)
        {
            yield return new(BartKeys.Self(stack, layer) + part);
            if (stack == "decoder")
                yield return new(BartKeys.Cross(stack, layer) + part, IsCross: true);
        }
    }

    /// <summary>T5 has no biases: those that a method trains are added, zero at first, behind each product and each norm (as in S3, arXiv 2206.07382).</summary>
    private sealed class T5Sites(BackboneConfig config, T5Config t5) : LayerSites
    {
        public override string Layer(string stack, int layer) => FormattableString.Invariant($"{stack}.block.{layer}.");

        public override IEnumerable<LayerSite> Modules(string stack, int layer, ModifiedRepresentation site) => site switch
        {
            ModifiedRepresentation.Query => Attentions(stack, layer, ".q"),
            ModifiedRepresentation.Key => Attentions(stack, layer, ".k"),
            ModifiedRepresentation.Value => Attentions(stack, layer, ".v"),
            ModifiedRepresentation.AttentionOutput => Attentions(stack, layer, ".o"),
            ModifiedRepresentation.AttentionHeads => Attentions(stack, layer, ""),
            // Of the gated form's two products the one without activation, as in AdapterHub.
            ModifiedRepresentation.FeedForwardInner => [new(T5Keys.Fed(stack, layer) + (t5.IsGated ? ".wi_1" : ".wi"))],
            ModifiedRepresentation.FeedForwardActivation => [new(T5Keys.Fed(stack, layer) + ".act")],
            ModifiedRepresentation.FeedForwardOutput => [new(T5Keys.Fed(stack, layer) + ".wo")],
            _ => throw new ArgumentOutOfRangeException(nameof(site), site, "not one module of a layer"),
        };

        public override IEnumerable<LayerSite> SubLayers(string stack, int layer, ModifiedRepresentation site)
        {
            if (site != ModifiedRepresentation.AttentionOutput)
                return [new(T5Keys.FeedForward(stack, layer))];
            var self = new LayerSite(T5Keys.Part(stack, layer, 0));
            return stack == "decoder" ? [self, new(T5Keys.Part(stack, layer, 1), IsCross: true)] : [self];
        }

        public override IEnumerable<TrainedTensor> Trained(string stack, int layer, PeftMethod method)
        {
            foreach (var site in Representations.In(method.Representation & Representations.Products))
                foreach (var module in Products(stack, layer, site))
                    yield return new(module + ".bias", method.Name) { Added = Width(site, stack) };
            if (method.Representation.HasFlag(ModifiedRepresentation.Norms))
                foreach (var norm in SubLayers(stack, layer, ModifiedRepresentation.AttentionOutput).Concat(SubLayers(stack, layer, ModifiedRepresentation.FeedForwardOutput)))
                    yield return method.Form == FunctionalForm.Affine
                        ? new(norm.Address + ".layer_norm.weight", method.Name)
                        : new(norm.Address + ".layer_norm.bias", method.Name) { Added = config.HiddenSize };
        }

        private IEnumerable<string> Products(string stack, int layer, ModifiedRepresentation site)
        {
            var modules = Modules(stack, layer, site).Select(module => module.Address!);
            return site == ModifiedRepresentation.FeedForwardInner && t5.IsGated ? modules.Prepend(T5Keys.Fed(stack, layer) + ".wi_0") : modules;
        }

        private int Width(ModifiedRepresentation site, string stack) => site switch
        {
            ModifiedRepresentation.FeedForwardInner => stack == "decoder" ? config.Decoder!.IntermediateSize : config.IntermediateSize,
            ModifiedRepresentation.AttentionOutput or ModifiedRepresentation.FeedForwardOutput => config.HiddenSize,
            _ => config.Heads * config.HeadSize,
        };

        private static IEnumerable<LayerSite> Attentions(string stack, int layer, string part)
        {
            yield return new(T5Keys.Self(stack, layer) + part);
            if (stack == "decoder")
                yield return new(T5Keys.Cross(stack, layer) + part, IsCross: true);
        }
    }
}
