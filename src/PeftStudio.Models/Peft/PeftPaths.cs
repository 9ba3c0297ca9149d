using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Search.Methods;

namespace PeftStudio.Models.Peft;

/// <summary>A backbone's modules by the paths that HF PEFT knows them by: the checkpoint's own, in the model that the adapter is for.</summary>
internal sealed class PeftPaths(BackboneConfig config)
{
    private readonly LayerSites sites = LayerSites.Of(config);

    /// <summary>What stands before bare keys: T5's model that writes has no wrapper.</summary>
    public string Wrapper { get; } = config.T5 is null ? BackboneKeys.Prefix(config.ModelType) : "";

    /// <summary>What stands before the bare keys of a layer.</summary>
    public string Layer(string stack, int layer) => sites.Layer(stack, layer);

    /// <summary>Every product of every layer, as a place of the form that is asked for.</summary>
    public IEnumerable<ModulePlacement> Products(FunctionalForm form, string method) =>
        from stack in config.Shape().Stacks
        from layer in Enumerable.Range(0, stack.Layers)
        from site in Representations.In(Representations.Products)
        from place in sites.Modules(stack.Name, layer, site)
        select Placed(stack.Name, layer, site, place, form, method);

    /// <summary>The same module where it multiplies what its product reads; null where that is no representation of its own.</summary>
    public ModulePlacement? OnInput(ModulePlacement module) => Representations.ReadBy(module.Site) is not ModifiedRepresentation.None and var read
        ? Placed(module.Stack, module.Layer, read, sites.Modules(module.Stack, module.Layer, read).Single(place => place.IsCross == module.IsCross), module.Form, module.Method)
        : null;

    /// <summary>Bare key of the product that a module is put on: whose output it changes or, of a vector, whose input.</summary>
    public string Product(ModulePlacement module) => sites.Product(module);

    /// <summary>Bare keys of all norm modules, the embeddings' and the stacks' last ones among them.</summary>
    public IEnumerable<string> Norms() =>
        from key in NetworkKeys.Of(config).Select(k => k.Key)
        where key.EndsWith(".weight", StringComparison.Ordinal) && !ParameterGroups.Decays(key)
        select key[..^".weight".Length];

    private static ModulePlacement Placed(string stack, int layer, ModifiedRepresentation site, LayerSite place, FunctionalForm form, string method) => new(layer, method, form, site, 0, 1)
    {
        Insertion = form == FunctionalForm.LowRank ? InsertionForm.Parallel : InsertionForm.Sequential,
        Stack = stack,
        IsCross = place.IsCross,
        Address = place.Address,
    };
}
