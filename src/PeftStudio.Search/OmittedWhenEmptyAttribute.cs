namespace PeftStudio.Search;

/// <summary>A list that <see cref="CanonicalJson"/> leaves out while it is empty, so that values which do not use it keep the bytes and the hashes they had before it came.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class OmittedWhenEmptyAttribute : Attribute;
