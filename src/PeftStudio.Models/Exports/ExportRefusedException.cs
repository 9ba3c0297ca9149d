namespace PeftStudio.Models.Exports;

/// <summary>A layout cannot carry an adapter: no defect and no bad file; the message is the reason, for a person.</summary>
public sealed class ExportRefusedException(string message) : Exception(message);
