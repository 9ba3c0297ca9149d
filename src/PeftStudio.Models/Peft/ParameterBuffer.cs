using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Peft;

/// <summary>One trained parameter. <paramref name="Value"/>: a leaf over its slice of the flat buffer, whose <c>.grad</c> is a slice of the flat gradient.</summary>
public sealed record TrainedParameter(string Name, string Group, bool Decays, long Offset, long Count, Tensor Value);

/// <summary>A run of the flat buffer with one learning rate and one weight decay.</summary>
public sealed record RateSegment(string Group, bool Decays, long Start, long Length);

/// <summary>
/// All trained parameters of a trial in one flat fp32 buffer, and their gradients in another, so that an optimizer step, a clipping, a snapshot are a few kernels.
/// Between parameters lie zeros, whose gradient is zero.
/// </summary>
public sealed class ParameterBuffer : IDisposable
{
    // 64 bytes: slices start where matrix kernels like their operands.
    private const long Alignment = 16;

    private readonly Dictionary<string, TrainedParameter> byName;

    internal ParameterBuffer(IEnumerable<ParameterSpec> specs, Device device)
    {
        // Stable: within a segment parameters keep the order in which they were named.
        var ordered = specs.OrderBy(s => s.Group, StringComparer.Ordinal).ThenByDescending(s => s.Decays).ToArray();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var length = ordered.Sum(s => Padded(s.Count));
        Values = zeros([length], ScalarType.Float32, device).DetachFromDisposeScope();
        Gradient = zeros([length], ScalarType.Float32, device).DetachFromDisposeScope();
        var (parameters, segments, start) = (new List<TrainedParameter>(), new List<RateSegment>(), 0L);
        foreach (var spec in ordered)
        {
            parameters.Add(Place(spec, start));
            var padded = Padded(spec.Count);
            if (segments.Count > 0 && segments[^1] is { } last && last.Group == spec.Group && last.Decays == spec.Decays)
                segments[^1] = last with { Length = last.Length + padded };
            else
                segments.Add(new RateSegment(spec.Group, spec.Decays, start, padded));
            start += padded;
        }
        (Parameters, Segments) = (parameters, segments);
        byName = parameters.ToDictionary(p => p.Name, StringComparer.Ordinal);
    }

    /// <summary>(length), fp32. Changed in place by the optimizer, never during a forward or backward pass.</summary>
    public Tensor Values { get; }

    /// <summary>(length), fp32: where backward() adds. Set it to zero before.</summary>
    public Tensor Gradient { get; }

    public IReadOnlyList<TrainedParameter> Parameters { get; }

    /// <summary>Contiguous, ordered by group; together the whole buffer.</summary>
    public IReadOnlyList<RateSegment> Segments { get; }

    /// <summary>Trained parameters of everything but the head: what the budget caps.</summary>
    public long BackboneCount => Parameters.Where(p => p.Group != ParameterGroups.Head).Sum(p => p.Count);

    public long HeadCount => Parameters.Where(p => p.Group == ParameterGroups.Head).Sum(p => p.Count);

    public bool Contains(string name) => byName.ContainsKey(name);

    public TrainedParameter this[string name] => byName.TryGetValue(name, out var parameter)
        ? parameter
        : throw new KeyNotFoundException($"no trained parameter is called '{name}'");

    /// <summary>A copy of all values, outside all scopes; see <see cref="Restore"/>.</summary>
    public Tensor Snapshot()
    {
        using var noGrad = no_grad();
        return Values.clone().DetachFromDisposeScope();
    }

    public void Restore(Tensor snapshot)
    {
        using var noGrad = no_grad();
        Values.copy_(snapshot);
    }

    public void Dispose()
    {
        foreach (var parameter in Parameters)
            parameter.Value.Dispose();
        Values.Dispose();
        Gradient.Dispose();
    }

    private static long Padded(long count) => (count + Alignment - 1) / Alignment * Alignment;

    // A view of a leaf would get a full-size gradient; a detached slice is a leaf of its own over the same memory.
    private TrainedParameter Place(ParameterSpec spec, long start)
    {
        var slice = Values.narrow(0, start, spec.Count).view(spec.Shape).detach();
        using (var initial = spec.Initial())
            slice.copy_(initial);
        slice.requires_grad = true;
        slice.grad = Gradient.narrow(0, start, spec.Count).view(spec.Shape);
        return new TrainedParameter(spec.Name, spec.Group, spec.Decays, start, spec.Count, slice.DetachFromDisposeScope());
    }
}
