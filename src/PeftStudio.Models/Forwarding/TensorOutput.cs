using System.Text.Json;
using PeftStudio.Formats.Safetensors;

namespace PeftStudio.Models.Forwarding;

/// <summary>Tensors as a file: nested lists in .json, or .safetensors, by the extension.</summary>
public static class TensorOutput
{
    /// <exception cref="InvalidDataException">Another extension.</exception>
    public static void CheckExtension(string path)
    {
        if (Path.GetExtension(path) is not (".json" or ".safetensors"))
            throw new InvalidDataException($"{path}: the output's name must end in .json or .safetensors");
    }

    public static void Write(string path, IEnumerable<SafetensorsTensor> tensors)
    {
        CheckExtension(path);
        if (Path.GetExtension(path) == ".safetensors")
        {
            SafetensorsWriter.Write(path, tensors);
            return;
        }
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write);
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        foreach (var tensor in tensors)
        {
            json.WritePropertyName(tensor.Key);
            WriteNested(json, tensor.ToFloats(), tensor.Shape.AsSpan());
        }
        json.WriteEndObject();
    }

    private static void WriteNested(Utf8JsonWriter json, ReadOnlySpan<float> values, ReadOnlySpan<long> shape)
    {
        if (shape.IsEmpty)
        {
            WriteNumber(json, values[0]);
            return;
        }
        json.WriteStartArray();
        var stride = shape[0] == 0 ? 0 : values.Length / (int)shape[0];
        for (var i = 0; i < shape[0]; i++)
            WriteNested(json, values.Slice(i * stride, stride), shape[1..]);
        json.WriteEndArray();
    }

    // JSON has no NaN and no infinity; null shows that something is there that is no number.
    private static void WriteNumber(Utf8JsonWriter json, float value)
    {
        if (float.IsFinite(value))
            json.WriteNumberValue(value);
        else
            json.WriteNullValue();
    }
}
