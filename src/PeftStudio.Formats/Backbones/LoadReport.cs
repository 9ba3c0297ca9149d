using PeftStudio.Search;

namespace PeftStudio.Formats.Backbones;

/// <summary>What a checkpoint lacked and what it held besides. Keys as in the checkpoint, or as they would be there.</summary>
/// <param name="Missing">tensors of the pooler that the checkpoint lacks; they are trained with the head. (A missing backbone tensor is an error.)</param>
/// <param name="Unexpected">tensors that no part of the model uses, such as the head of the pretraining.</param>
/// <param name="Notes">what config.json asks for and is not done.</param>
public sealed record LoadReport(ValueList<string> Missing, ValueList<string> Unexpected, ValueList<string> Notes);
