using PeftStudio.Formats.Backbones;
using PeftStudio.Models.Backbones;

namespace PeftStudio.Models.Peft;

/// <summary>The trained parameters of the head. The checkpoint's own values are taken where their shape fits; a pooler that it brings is no part of the head.</summary>
internal static class HeadParameters
{
    public static IEnumerable<ParameterSpec> Of(Backbone backbone, InsertionPlan plan, HeadPlan head, InitialisationSeed seed)
    {
        if (head.Writes)
            yield break;
        var layout = backbone.HeadLayout;
        foreach (var (key, shape) in layout.Keys(backbone.Config.HiddenSize, head.Outputs))
        {
            var stored = backbone.Contains(key);
            if (plan.Tensors.Any(t => t.Key == key) || (stored && layout.HasPooler && key.StartsWith(layout.Dense, StringComparison.Ordinal)))
                continue;
            var decays = ParameterGroups.Decays(key);
            yield return new ParameterSpec(key, shape, ParameterGroups.Head, decays, () =>
                stored && backbone[key].shape.AsSpan().SequenceEqual(shape) ? backbone[key].alias()
                : decays ? InitialValues.Normal(shape, backbone.Config.InitializerRange, seed.For(null, key, ParameterGroups.Head))
                : InitialValues.Zeros(shape));
        }
    }
}
