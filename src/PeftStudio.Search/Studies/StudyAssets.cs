using PeftStudio.Search.DesignSpaces;

namespace PeftStudio.Search.Studies;

/// <summary>A backbone as it was when the study was created; workers find it by its hash.</summary>
public sealed record BackboneAsset(string Name, string Hash, BackboneShape Shape);

/// <summary>A task as it was when the study was created. <paramref name="Labels"/>: names in order; empty for regression and written texts.</summary>
public sealed record TaskAsset(string Name, string Hash, ValueList<string> Labels, ValueList<string> Metrics, int TrainRows, int DevRows);

/// <summary>A task that a plan may name. <paramref name="AsksForText"/>: the model has to write, not to choose or to rate.</summary>
public sealed record KnownTask(string Name, bool AsksForText = false);

public sealed record StudyAssets(BackboneAsset Backbone, ValueList<TaskAsset> Tasks);
