namespace PeftStudio.Search.Exports;

/// <summary>The layouts of other projects that an adapter can leave in.</summary>
public enum ExportLayout
{
    /// <summary>What the package adapters loads.</summary>
    AdapterHub,

    /// <summary>What Hugging Face's package peft loads.</summary>
    Peft,

    /// <summary>A whole model in the Hugging Face layout, with the trained changes in its weights.</summary>
    Merged,
}
