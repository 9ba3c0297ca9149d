namespace PeftStudio.Formats.Tokenizers;

/// <summary>A row as a model takes it: one id and one type id (0 or 1) a token, special tokens included, no padding.</summary>
public sealed record EncodedText(int[] Ids, int[] TypeIds);
