using PeftStudio.Search.DesignSpaces;

namespace PeftStudio.Search.Studies;

/// <summary>A design drawn for one index of one choice. <paramref name="Design"/> null: full fine-tuning (final comparison alone).</summary>
/// <param name="Index">the sample index from 0; it is the training seed too, shared by rival choices.</param>
public sealed record SampledDesign(int Index, Design? Design, DesignSizes? Sizes);

/// <summary>One open choice of a step with its sampled designs.</summary>
/// <param name="Label">what a person reads: "Spindle", "G1+G3", "adapter+lora", "S0's best", "Full fine-tuning".</param>
/// <param name="Paired">false where no index feasible for all rivals was found, so that the draws are its own.</param>
public sealed record StageChoice(int Index, string Label, ValueList<SampledDesign> Samples, bool Paired = true);

/// <summary>
/// A step of the refinement, ready to run: each choice's designs, to be trained on every task. S0 has one choice.
/// </summary>
public sealed record StageStep(StageKey Key, ValueList<StageChoice> Choices);
