namespace PeftStudio.Formats.Tokenizers;

/// <summary>A token that is looked for in the text before anything else.</summary>
/// <param name="SingleWord">only where no word character touches it</param>
/// <param name="LeftStrip">takes the white space before it along</param>
/// <param name="RightStrip">takes the white space after it along</param>
/// <param name="Normalized">looked for in the normalised text, itself normalised</param>
/// <param name="Special">says something of the row and is no part of a written text</param>
internal sealed record AddedToken(string Content, int Id, bool SingleWord = false, bool LeftStrip = false, bool RightStrip = false, bool Normalized = false, bool Special = true);
