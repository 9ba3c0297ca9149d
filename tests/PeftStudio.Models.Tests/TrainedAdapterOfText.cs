using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Search;

namespace PeftStudio.Models.Tests;

/// <summary>Of a design that is written as a text.</summary>
internal static partial class TrainedAdapter
{
    /// <param name="backbone">with one layer for each group of the design</param>
    /// <param name="design">as <see cref="MethodCases.Parse"/> reads it</param>
    /// <param name="task">the name of one of GLUE's, or of <see cref="Texts"/></param>
    /// <param name="folder">where to</param>
    /// <param name="tensors">what to write; the model's own where null</param>
    public static TunedModel Write(Backbone backbone, string design, string task, string folder, Func<TunedModel, IReadOnlyList<SafetensorsTensor>>? tensors = null)
    {
        var (parsed, sizes) = MethodCases.Parse(design, backbone.Shape);
        return Write(backbone, parsed, sizes, MethodCases.Methods.ToValueList(), task, folder, tensors);
    }
}
