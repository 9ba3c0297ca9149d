using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Peft;

/// <summary>
/// The trained parameters of a trial as an adapter's tensors, and back: the names of <see cref="ParameterBuffer"/>, fp32, the head among them. Bytes of equal
/// parameters are equal, and reading restores the very bits.
/// </summary>
public static class AdapterTensors
{
    public static IReadOnlyList<SafetensorsTensor> Of(TunedModel model) =>
        [.. model.Parameters.Parameters.Select(p => ToTensor(p.Name, p.Value))];

    /// <summary>Sets every trained parameter from the file.</summary>
    /// <exception cref="SafetensorsException">A tensor is missing, of another shape, or none of this model's.</exception>
    public static void Read(SafetensorsFile file, TunedModel model)
    {
        var parameters = model.Parameters;
        if (file.Entries.FirstOrDefault(e => !parameters.Contains(e.Key)) is { } stranger)
            throw new SafetensorsException(file.Path, stranger.Key, "is no parameter of this adapter: the design or the head in adapter.json is another one's");
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (var parameter in parameters.Parameters)
            Set(parameter, file, parameter.Name);
    }

    /// <param name="shapeThere">the shape in the file of a parameter's; its own where null.</param>
    internal static void Set(TrainedParameter parameter, SafetensorsFile file, string key, Func<long[], long[]>? shapeThere = null)
    {
        AdapterFit.RequireShape(file, key, shapeThere?.Invoke(parameter.Value.shape) ?? parameter.Value.shape);
        using var values = tensor(file.ReadFloats(key), parameter.Value.shape);
        parameter.Value.copy_(values);
    }

    /// <summary>A tensor of any device as fp32 values for a file.</summary>
    public static SafetensorsTensor ToTensor(string key, Tensor value)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var shape = value.shape;
        var flat = value.detach().to(ScalarType.Float32).cpu().contiguous();
        return SafetensorsTensor.FromFloats(key, flat.data<float>().ToArray(), shape.Length == 0 ? [1] : shape);
    }
}
