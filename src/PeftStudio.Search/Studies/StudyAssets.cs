using PeftStudio.Search.DesignSpaces;

namespace PeftStudio.Search.Studies;

/// <summary>A backbone as it was when the study was created; workers find it by its hash.</summary>
public sealed record BackboneAsset(string Name, string Hash, BackboneShape Shape);

/// <summary>A task as it was when the study was created. <paramref name="Labels"/>: names in order; empty for regression.</summary>
public sealed record TaskAsset(string Name, string Hash, ValueList<string> Labels, ValueList<string> Metrics, int TrainRows, int DevRows);

public sealed record StudyAssets(BackboneAsset Backbone, ValueList<TaskAsset> Tasks);
