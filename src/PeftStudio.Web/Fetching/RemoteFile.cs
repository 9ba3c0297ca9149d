namespace PeftStudio.Web.Fetching;

/// <summary>A file to be fetched.</summary>
/// <param name="Name">under which it is kept: a plain file name</param>
/// <param name="Size">bytes; null where the other side does not say</param>
/// <param name="Checksum">of the content; null where none is known</param>
public sealed record RemoteFile(Uri Address, string Name, long? Size, Checksum? Checksum);
