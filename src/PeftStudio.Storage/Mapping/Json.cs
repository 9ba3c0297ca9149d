using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using PeftStudio.Search;

namespace PeftStudio.Storage.Mapping;

internal static class Json
{
    /// <summary>Stores an immutable value as jsonb, written and read in the canonical form.</summary>
    public static PropertyBuilder<T> AsJson<T>(this PropertyBuilder<T> property)
        where T : class?
    {
        property.HasColumnType("jsonb").HasConversion(
            value => CanonicalJson.Write(value),
            text => CanonicalJson.Read<T>(text),
            new ValueComparer<T>((one, other) => Equals(one, other), value => value == null ? 0 : value.GetHashCode(), value => value));
        return property;
    }
}
