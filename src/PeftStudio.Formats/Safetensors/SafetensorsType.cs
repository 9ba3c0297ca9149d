using System.Collections.Frozen;

namespace PeftStudio.Formats.Safetensors;

/// <summary>The element types that the studio reads, by their names in the format.</summary>
public enum SafetensorsType
{
    BOOL,
    U8,
    I32,
    I64,
    F16,
    BF16,
    F32,
    F64,
}

public static class SafetensorsTypes
{
    private static readonly FrozenDictionary<string, SafetensorsType> ByName =
        Enum.GetValues<SafetensorsType>().ToFrozenDictionary(t => t.ToString(), StringComparer.Ordinal);

    /// <summary>Bytes an element.</summary>
    public static int Size(this SafetensorsType type) => type switch
    {
        SafetensorsType.BOOL or SafetensorsType.U8 => 1,
        SafetensorsType.F16 or SafetensorsType.BF16 => 2,
        SafetensorsType.I32 or SafetensorsType.F32 => 4,
        _ => 8,
    };

    public static bool IsFloat(this SafetensorsType type) => type >= SafetensorsType.F16;

    internal static bool TryParse(string name, out SafetensorsType type) => ByName.TryGetValue(name, out type);
}
