using System.Text.Json;
using System.Text.Json.Serialization;
using PeftStudio.Formats.Tasks;

namespace PeftStudio.Formats.Adapters;

/// <summary>A task's definition inside an adapter's file has task.json's own form.</summary>
internal sealed class TaskDefinitionConverter : JsonConverter<TaskDefinition>
{
    public override TaskDefinition Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        return TaskJson.Read(document.RootElement);
    }

    public override void Write(Utf8JsonWriter writer, TaskDefinition value, JsonSerializerOptions options) => TaskJson.Write(value, writer);
}
