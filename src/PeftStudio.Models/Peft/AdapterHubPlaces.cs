using PeftStudio.Formats.Backbones;
using PeftStudio.Models.Sequences;
using PeftStudio.Search.Methods;

namespace PeftStudio.Models.Peft;

/// <summary>One place of a layer where AdapterHub puts modules.</summary>
/// <param name="Number">of the layer in leave_out: the encoder's first, then the decoder's.</param>
/// <param name="Key">bare key that the module's tensors stand under.</param>
/// <param name="Stack">"encoder" or "decoder".</param>
/// <param name="IsCross">on the decoder's attention to the encoder.</param>
internal sealed record AdapterHubPlace(int Number, int Layer, ModifiedRepresentation Site, string Key, string Stack = "encoder", bool IsCross = false)
{
    /// <summary>Which flat prefix holds an attention's keys and values.</summary>
    public string Prefix { get; init; } = "self_prefix";

    public ModulePlacement Placed(string method, FunctionalForm form, int size, double scale, InsertionForm insertion) =>
        new(Layer, method, form, Site, size, scale) { Insertion = insertion, Stack = Stack, IsCross = IsCross, Address = Key };
}

/// <summary>All places of a backbone, layer by layer. Key names: adapters 1.2, adapter-transformers 3.1.</summary>
internal sealed record AdapterHubPlaces(
    int Layers, IReadOnlyList<AdapterHubPlace> Products, IReadOnlyList<AdapterHubPlace> SubLayers, IReadOnlyList<AdapterHubPlace> Attentions)
{
    /// <summary><see cref="AdapterHubVersion.SwapsT5"/>, and the backbone is one.</summary>
    public bool IsSwapped { get; private init; }

    /// <summary>T5: a prefix stands there before the tokens in the count of relative positions.</summary>
    public bool PrefixCountsAsTokens { get; private init; }

    public static AdapterHubPlaces Of(BackboneConfig config, AdapterHubVersion version) => config switch
    {
        { T5: { } t5, Decoder: { } decoder } => OfT5(config.Layers, decoder.Layers, t5.IsGated) with { IsSwapped = version.SwapsT5, PrefixCountsAsTokens = true },
        { Bart: not null, Decoder: { } decoder } => OfBart(config.Layers, decoder.Layers, version.FeedsBartsDecoder),
        _ => OfEncoder(config.Layers),
    };

    /// <summary>Where a module of its form goes; null: AdapterHub has no such place.</summary>
    public AdapterHubPlace? For(ModulePlacement module) => All(module.Form)
        .FirstOrDefault(place => place.Stack == module.Stack && place.Layer == module.Layer && place.IsCross == module.IsCross && place.Site == module.Site);

    private IReadOnlyList<AdapterHubPlace> All(FunctionalForm form) => form switch
    {
        FunctionalForm.Bottleneck or FunctionalForm.LowRankBottleneck => SubLayers,
        FunctionalForm.KeyValue => Attentions,
        _ => Products,
    };

    private static AdapterHubPlaces OfEncoder(int layers) => new(
        layers,
        [.. Each(layers, i => Representations.In(Representations.Products).Select(site => new AdapterHubPlace(i, i, site, ModuleSites.Module(i, site))))],
        [.. Each(layers, i => Representations.In(Representations.SubLayers).Select(site => new AdapterHubPlace(i, i, site, ModuleSites.SubLayer(i, site))))],
        [.. Each(layers, i => [new AdapterHubPlace(i, i, ModifiedRepresentation.AttentionHeads, ModuleSites.Module(i, ModifiedRepresentation.AttentionHeads))])]);

    private static AdapterHubPlaces OfT5(int encoder, int decoder, bool gated)
    {
        // Of the gated form's two products the one without activation.
        var inner = gated ? ".wi_1" : ".wi";
        return OfStacks(
            encoder, decoder, T5Keys.Self, T5Keys.Cross, ["q", "k", "v"],
            (stack, i) => [(ModifiedRepresentation.FeedForwardInner, T5Keys.Fed(stack, i) + inner), (ModifiedRepresentation.FeedForwardOutput, T5Keys.Fed(stack, i) + ".wo")],
            (stack, i) => (T5Keys.Part(stack, i, 0), T5Keys.FeedForward(stack, i)));
    }

    private static AdapterHubPlaces OfBart(int encoder, int decoder, bool feedsDecoder) => OfStacks(
        encoder, decoder, BartKeys.Self, BartKeys.Cross, ["q_proj", "k_proj", "v_proj"],
        (stack, i) => stack == "decoder" && !feedsDecoder ? []
            : [(ModifiedRepresentation.FeedForwardInner, BartKeys.Layer(stack, i) + ".fc1"), (ModifiedRepresentation.FeedForwardOutput, BartKeys.Layer(stack, i) + ".fc2")],
        (stack, i) => (BartKeys.Layer(stack, i) + ".attention_adapters", BartKeys.Layer(stack, i) + ".output_adapters"));

    private static AdapterHubPlaces OfStacks(
        int encoder, int decoder, Func<string, int, string> self, Func<string, int, string> cross, string[] products,
        Func<string, int, (ModifiedRepresentation Site, string Key)[]> fed, Func<string, int, (string Attention, string FeedForward)> subLayers)
    {
        (string Stack, int Layer, int Number)[] layers =
            [.. Enumerable.Range(0, encoder).Select(i => ("encoder", i, i)), .. Enumerable.Range(0, decoder).Select(i => ("decoder", i, encoder + i))];
        return new(encoder + decoder, [.. layers.SelectMany(Products)], [.. layers.SelectMany(SubLayers)], [.. layers.SelectMany(Attentions)]);

        IEnumerable<AdapterHubPlace> Products((string Stack, int Layer, int Number) at) => Attentions(at)
            .SelectMany(attention => products.Zip(Matrices, (product, site) => attention with { Site = site, Key = $"{attention.Key}.{product}" }))
            .Concat(fed(at.Stack, at.Layer).Select(product => new AdapterHubPlace(at.Number, at.Layer, product.Site, product.Key, at.Stack)));

        IEnumerable<AdapterHubPlace> SubLayers((string Stack, int Layer, int Number) at)
        {
            var (attention, feedForward) = subLayers(at.Stack, at.Layer);
            yield return new(at.Number, at.Layer, ModifiedRepresentation.AttentionOutput, attention, at.Stack);
            yield return new(at.Number, at.Layer, ModifiedRepresentation.FeedForwardOutput, feedForward, at.Stack);
        }

        IEnumerable<AdapterHubPlace> Attentions((string Stack, int Layer, int Number) at)
        {
            var inEncoder = at.Stack == "encoder";
            yield return new(at.Number, at.Layer, ModifiedRepresentation.AttentionHeads, self(at.Stack, at.Layer), at.Stack) { Prefix = inEncoder ? "encoder_prefix" : "self_prefix" };
            if (!inEncoder)
                yield return new(at.Number, at.Layer, ModifiedRepresentation.AttentionHeads, cross(at.Stack, at.Layer), at.Stack, IsCross: true) { Prefix = "cross_prefix" };
        }
    }

    private static readonly ModifiedRepresentation[] Matrices = [ModifiedRepresentation.Query, ModifiedRepresentation.Key, ModifiedRepresentation.Value];

    private static IEnumerable<AdapterHubPlace> Each(int layers, Func<int, IEnumerable<AdapterHubPlace>> of) => Enumerable.Range(0, layers).SelectMany(of);
}
