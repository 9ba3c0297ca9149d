using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Search;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Peft;

/// <summary>
/// How one tensor of a foreign file is made of our parameters: of one, renamed; or of several of shape (length, width), which stand side by side in its second
/// dimension before it is made flat (AdapterHub's prefix holds all layers' keys and values so).
/// </summary>
internal sealed record ForeignTensor(string Key, ValueList<string> Parameters)
{
    public ForeignTensor(string key, string parameter)
        : this(key, [parameter])
    {
    }

    /// <summary>Whether a vector of ours, (n), is a column there, (n, 1).</summary>
    public bool IsColumn { get; init; }

    /// <summary>Whether a vector of ours, (n), is a row there, (1, n).</summary>
    public bool IsRow { get; init; }

    /// <summary>The shape there of a parameter that has a tensor to itself.</summary>
    public long[] ShapeOf(long[] own) => IsColumn ? [.. own, 1] : IsRow ? [1, .. own] : own;

    public Tensor Join(Func<string, Tensor> part) =>
        Parameters.Count == 1 ? Alone(part(Parameters[0])) : stack([.. Parameters.Select(part)], 1).flatten();

    private Tensor Alone(Tensor own) => IsColumn || IsRow ? own.view(ShapeOf(own.shape)) : own;
}

/// <summary>The tensors of one safetensors file.</summary>
internal sealed record ForeignFile(string Path, IReadOnlyList<ForeignTensor> Tensors);

/// <summary>An adapter in another project's layout: what it puts into a backbone, and where its values go.</summary>
public sealed class ImportedAdapter
{
    private readonly IReadOnlyList<ForeignFile> files;

    internal ImportedAdapter(IReadOnlyList<ForeignFile> files, InsertionPlan plan, HeadPlan? head, ValueList<string> notes) =>
        (this.files, Plan, Head, Notes) = (files, plan, head, notes);

    public InsertionPlan Plan { get; }

    /// <summary>The head that the files bring; null: the backbone's own is meant.</summary>
    public HeadPlan? Head { get; }

    /// <summary>What the files hold and is not read, and the name of another backbone, in sentences.</summary>
    public ValueList<string> Notes { get; }

    /// <summary>Whether the files hold what <see cref="Plan"/> and <see cref="Head"/> would make; for asking before it is made.</summary>
    /// <exception cref="SafetensorsException">They do not.</exception>
    internal void Require(IEnumerable<ParameterSpec> planned) => AdapterFit.Require(planned, files);

    /// <summary>Sets the parameters of a model that was made from <see cref="Plan"/> and <see cref="Head"/>; where the files bring no head, it is left as it is.</summary>
    /// <exception cref="SafetensorsException">A tensor of another shape.</exception>
    public void CopyTo(ParameterBuffer parameters)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (var (path, tensors) in files)
        {
            using var file = SafetensorsFile.Open(path);
            foreach (var foreign in tensors)
                if (foreign.Parameters.Count == 1)
                    AdapterTensors.Set(parameters[foreign.Parameters[0]], file, foreign.Key, foreign.ShapeOf);
                else
                    Split(parameters, file, foreign);
        }
    }

    /// <summary>The gradients that a backward pass has left in the model, by the files' own keys and shapes; in the caller's scope.</summary>
    public IEnumerable<(string Key, Tensor Gradient)> Gradients(ParameterBuffer parameters) =>
        files.SelectMany(file => file.Tensors).Select(foreign => (foreign.Key, foreign.Join(name => parameters[name].Value.grad!)));

    private static void Split(ParameterBuffer parameters, SafetensorsFile file, ForeignTensor foreign)
    {
        var shape = parameters[foreign.Parameters[0]].Value.shape; // (length, width)
        AdapterFit.RequireShape(file, foreign, [.. foreign.Parameters.Select(name => parameters[name].Value.shape)]);
        using var all = tensor(file.ReadFloats(foreign.Key), [shape[0], foreign.Parameters.Count, shape[1]]);
        for (var i = 0; i < foreign.Parameters.Count; i++)
            parameters[foreign.Parameters[i]].Value.copy_(all.select(1, i));
    }
}
