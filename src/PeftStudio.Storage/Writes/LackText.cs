using PeftStudio.Search.Studies;

namespace PeftStudio.Storage.Writes;

/// <summary>Why a worker cannot do something, as its row and the history say it.</summary>
internal static class LackText
{
    public static string OfBackbone(BackboneAsset backbone, int studyId) =>
        $"lacks the backbone {backbone.Name} ({Short(backbone.Hash)}) of study {studyId}; put its folder where this worker reads backbones";

    public static string Short(string hash) => hash.Length <= 12 ? hash : hash[..12];
}
