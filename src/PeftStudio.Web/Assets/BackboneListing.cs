using PeftStudio.Formats.Backbones;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Studies;

namespace PeftStudio.Web.Assets;

/// <summary>One folder as the shelf found it: a backbone, or what is wrong with it.</summary>
/// <param name="Error">why it cannot be used; null where it can, and then the other three are set.</param>
public sealed record BackboneListing(string Folder, string Name, BackboneConfig? Config, string? Hash, BackboneShape? Shape, string? Error)
{
    /// <summary>What may go wrong with it, in sentences.</summary>
    public ValueList<string> Notes { get; init; } = [];

    public BackboneAsset? Asset => Error is null && Hash is not null && Shape is not null ? new(Name, Hash, Shape) : null;
}
