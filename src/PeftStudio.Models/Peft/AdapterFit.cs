using PeftStudio.Formats.Safetensors;

namespace PeftStudio.Models.Peft;

/// <summary>
/// Compares what an adapter's files plan with what they hold, by names and shapes, before anything is made of it: a file of some bytes can name any size, and what is made is as large as the
/// tensors that back it, or the backbone's own head.
/// </summary>
internal static class AdapterFit
{
    /// <summary>The first dimension of a tensor, where it is a size that modules can have.</summary>
    /// <exception cref="SafetensorsException">It has other dimensions, or one of them none or too many rows.</exception>
    public static int FirstSize(string path, SafetensorsEntry entry, int dimensions)
    {
        if (entry.Shape.Length != dimensions)
            throw new SafetensorsException(path, entry.Key, $"has {entry.Shape.Length} dimensions, not {dimensions}");
        return entry.Shape.All(size => size is >= 1 and <= int.MaxValue)
            ? (int)entry.Shape[0]
            : throw new SafetensorsException(path, entry.Key, $"has shape [{string.Join(", ", entry.Shape)}]; every dimension must be from 1 to {int.MaxValue}");
    }

    /// <param name="planned">all that would be made; what no tensor fills is the backbone's own head</param>
    /// <param name="files">which tensor fills which parameter</param>
    /// <exception cref="SafetensorsException">A tensor is missing, has another shape, or fills what is not planned or what another one fills.</exception>
    public static void Require(IEnumerable<ParameterSpec> planned, IEnumerable<ForeignFile> files)
    {
        var (shapes, filled) = (new Dictionary<string, long[]>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        foreach (var spec in planned)
            shapes[spec.Name] = spec.Shape; // what is planned twice is filled twice, which is refused below
        foreach (var (path, tensors) in files)
        {
            using var file = SafetensorsFile.Open(path);
            foreach (var foreign in tensors)
            {
                foreach (var name in foreign.Parameters)
                    if (!shapes.ContainsKey(name) || !filled.Add(name))
                        throw new SafetensorsException(path, foreign.Key, $"is for '{name}', which {(shapes.ContainsKey(name) ? "another tensor fills too" : "this adapter does not train")}");
                RequireShape(file, foreign, [.. foreign.Parameters.Select(name => shapes[name])]);
            }
        }
    }

    /// <exception cref="SafetensorsException">The tensor's shape is another.</exception>
    public static void RequireShape(SafetensorsFile file, string key, long[] wanted)
    {
        var entry = file.Entry(key);
        if (!entry.Shape.AsSpan().SequenceEqual(wanted))
            throw new SafetensorsException(file.Path, key, $"has shape [{string.Join(", ", entry.Shape)}]; this backbone and design want [{string.Join(", ", wanted)}]");
    }

    /// <param name="parts">shapes of the parameters that the tensor fills</param>
    /// <exception cref="SafetensorsException">The tensor's shape is another.</exception>
    public static void RequireShape(SafetensorsFile file, ForeignTensor foreign, IReadOnlyList<long[]> parts)
    {
        if (parts.Count == 1)
        {
            RequireShape(file, foreign.Key, foreign.ShapeOf(parts[0]));
            return;
        }
        var shape = parts[0]; // (length, width)
        if (parts.FirstOrDefault(part => !part.AsSpan().SequenceEqual(shape)) is { } other)
            throw new SafetensorsException(file.Path, foreign.Key, $"holds keys and values of one length, and is asked for [{string.Join(", ", shape)}] and [{string.Join(", ", other)}]");
        var (count, wanted) = (file.Entry(foreign.Key).Count, shape[0] * parts.Count * shape[1]);
        if (count != wanted)
            throw new SafetensorsException(file.Path, foreign.Key, $"has {count} values; {parts.Count} keys and values of shape [{string.Join(", ", shape)}] have {wanted}");
    }
}
