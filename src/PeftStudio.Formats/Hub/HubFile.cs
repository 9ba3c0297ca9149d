namespace PeftStudio.Formats.Hub;

/// <summary>A file of a repository as the hub lists it.</summary>
/// <param name="Name">its path in the repository, as the hub wrote it: not checked</param>
/// <param name="Size">bytes; null where the hub does not say</param>
/// <param name="Sha256">lower-case hexadecimal, of files that the hub keeps as large ones; null for the others</param>
/// <param name="BlobId">git's name of the content, a sha1 in lower-case hexadecimal; null of large files, where it is that of a pointer, and where the hub does not say</param>
public sealed record HubFile(string Name, long? Size, string? Sha256, string? BlobId);
