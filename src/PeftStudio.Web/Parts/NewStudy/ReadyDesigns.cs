using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;

namespace PeftStudio.Web.Parts.NewStudy;

/// <summary>The structures of the literature that a design can begin with, and what is said of each.</summary>
public static class ReadyDesigns
{
    private const string SizesOfBudget = "Sizes come from the budget here, not from the paper.";

    private const string SizesOfItsOwn = "These sizes are the methods' own, and the budget is what they cost on this backbone";

    private const string UnknownOfGroups =
        "the sizes of its four groups (the most even spindle is taken), whether T5's two stacks were counted as one (here each has a spindle), how a budget became sizes, what BitFit is on T5, which has no biases (new ones, zero at first, here), its learning rates";

    private const string MlpOfPrefix =
        "Its prefix is made by a tanh MLP, 800 wide as is its code's default: one over all layers there, one an attention here.";

    // The paper's prefix has a network while it trains; see PeftMethod.Reparametrisation.
    private static readonly PeftMethod MamPrefix = NamedMethods.Prefix with { Name = "mam-prefix", Title = "MAM prefix", Reparametrisation = 800, Size = 16 };

    private static readonly PeftMethod MamAdapter = NamedMethods.ScaledParallel with { Name = "mam-adapter", Title = "MAM adapter", Size = 16 };

    private static readonly PeftMethod GenerationPrefix = MamPrefix with { Name = "mam-generation-prefix", Title = "MAM generation prefix", Size = 30 };

    private static readonly PeftMethod GenerationAdapter = MamAdapter with { Name = "mam-generation-adapter", Title = "MAM generation adapter", Scale = 4, Size = 512 };

    public static IReadOnlyList<ReadyDesign> All { get; } =
    [
        new("s4", "S4 of the design-spaces paper",
            $"Found by arXiv 2301.01821 on T5-base and GLUE with 0.5 %; methods as the survey 2303.15647 gives them. Not known: {UnknownOfGroups}.",
            [new(["adapter", "lora"]), new(["adapter", "prefix"]), new(["adapter", "prefix", "bitfit"]), new(["prefix", "bitfit", "lora"])], LayerPattern.Spindle) { Percent = 0.5 },
        new("s4-3b", "S4-3b of the design-spaces paper",
            $"Said to be what arXiv 2301.01821 found on T5-3b, for large backbones. Its methods are not confirmed: the survey that gives S4's gives none for it, so take them as a hint. Not known besides: its budget (S4's 0.5 % is set), {UnknownOfGroups}.",
            [new(["prefix", "lora"]), new(["adapter", "lora"]), new(["prefix", "bitfit", "lora"]), new(["adapter", "prefix", "bitfit"])], LayerPattern.Spindle) { Percent = 0.5 },
        Everywhere("mam", "MAM for GLUE",
            $"arXiv 2110.04366 on RoBERTa-base, by its published scripts: in every layer a prefix of 16 and a scaled parallel adapter of 16, s = 2. {SizesOfItsOwn}; an encoder-decoder's cross attention has a prefix too. {MlpOfPrefix} Its rate, 1e-4, is set as its methods' part of this study's rate. "
            + "Its batch of 32, weight decay of 0.1, rows of up to 512 tokens and 10 epochs are not set; its Adam betas and its fp16 are not to be had. Not known: how its 0.5 % was counted, and whether its head was trained, which its code as published leaves frozen; here it is trained and counted apart.",
            MamPrefix.Name, MamAdapter.Name) with
        {
            Own = [MamPrefix, MamAdapter],
            Rate = 1e-4,
        },
        Everywhere("mam-generation", "MAM for generation",
            $"arXiv 2110.04366 on BART-large (XSum) and mBART-large (en-ro), by its published scripts: in every layer a prefix of 30 at each attention and a scaled parallel adapter of 512, s = 4. {SizesOfItsOwn} (27.4 million on BART-large, where the paper says 6.7 %). "
            + $"{MlpOfPrefix} Its rate, 5e-5, is set as its methods' part of this study's rate; its length, 50 000 to 100 000 steps, is not set, and its label smoothing, least length of 10 tokens and ban on repeated trigrams are not to be had. Not known: its numbers on other backbones.",
            GenerationPrefix.Name, GenerationAdapter.Name) with
        {
            Own = [GenerationPrefix, GenerationAdapter],
            Rate = 5e-5,
        },
        Everywhere("houlsby", "Houlsby", $"arXiv 1902.00751: adapters after attention and after the feed-forward. ReLU as in the unified view; the paper's norms stay frozen here. {SizesOfBudget}", "houlsby"),
        Everywhere("pfeiffer", "Pfeiffer", $"arXiv 2005.00247: one adapter a layer, in AdapterHub's form. {SizesOfBudget}", "adapter"),
        Everywhere("bitfit", "BitFit", "arXiv 2106.10199: every bias of the layers; the embeddings' norm stays frozen here. Not in the paper: T5, which has no biases and gets new ones, zero at first. Its size is fixed, whatever the budget leaves.", "bitfit"),
        Everywhere("lora", "LoRA", $"arXiv 2106.09685: query and value; the scale is 2 for every rank. {SizesOfBudget}", "lora"),
    ];

    // Two groups: the fewest that a design made by hand can have.
    private static ReadyDesign Everywhere(string key, string title, string says, params string[] methods) =>
        new(key, title, says, [new([.. methods]), new([.. methods])], LayerPattern.Uniform);
}
