using System.Text.Json.Nodes;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Exports;
using PeftStudio.Models.Forwarding;
using PeftStudio.Search.Exports;
using PeftStudio.Tests;

namespace PeftStudio.Models.Tests;

/// <summary>
/// Files of some hundred bytes that ask for more memory than any machine has: a dimension beside a zero needs no bytes, and numbers in JSON need none either. They are refused by file and key
/// before anything of that size is made; were it asked for first, libtorch's own error would come instead.
/// </summary>
public sealed class HostileAdapterTests
{
    private const string Design = "lora|-|-|prefix";

    [Theory]
    [InlineData("adapter.safetensors", "bert.encoder.layer.0.attention.self.query.loras.RTE.lora_A", new[] { int.MaxValue, 0L })]
    [InlineData("adapter.safetensors", "bert.encoder.layer.0.attention.self.query.loras.RTE.lora_A", new[] { 0L, 16 })]
    [InlineData("adapter.safetensors", "bert.encoder.layer.0.attention.self.query.loras.RTE.lora_A", new[] { 3_000_000_000, 0L })]
    [InlineData("adapter.safetensors", "bert.encoder.layer.0.attention.self.query.loras.RTE.lora_B", new[] { int.MaxValue, 0L })]
    [InlineData("adapter.safetensors", "bert.prefix_tuning.prefix_tunings.RTE.self_prefix.control_trans", new[] { int.MaxValue, 0L })]
    [InlineData("model_head.safetensors", "heads.RTE.1.weight", new[] { int.MaxValue, 0L })]
    public void Of_AdapterHubs_layout(string file, string key, long[] shape) => Refused(ExportLayout.AdapterHub, folder => Reshape(folder[$"out/{file}"], key, shape), $"out/{file}: tensor '{key}'");

    [Theory]
    [InlineData("adapter_config.json", "prefix_length", "out/adapter.safetensors: tensor 'bert.prefix_tuning.prefix_tunings.RTE.self_prefix.control_trans'")]
    [InlineData("head_config.json", "num_labels", "out/model_head.safetensors: tensor 'heads.RTE.1.weight'")]
    public void Of_AdapterHubs_configuration(string file, string field, string named) => Refused(ExportLayout.AdapterHub, folder => Renumber(folder[$"out/{file}"], field), named);

    [Fact]
    public void Of_a_union_whose_members_share_a_prefix_but_not_its_length() =>
        Refused(ExportLayout.AdapterHub, folder =>
        {
            var config = Json(folder["out/adapter_config.json"]);
            var members = config["config"].ShouldNotBeNull()["configs"].ShouldNotBeNull().AsArray();
            var other = members.Single(member => member?["architecture"]?.GetValue<string>() == "prefix_tuning").ShouldNotBeNull().DeepClone();
            other["prefix_length"] = int.MaxValue;
            other["leave_out"] = new JsonArray(0, 1, 3);
            members.Add(other);
            File.WriteAllText(folder["out/adapter_config.json"], config.ToJsonString());
        }, "out/adapter.safetensors: tensor 'bert.prefix_tuning.prefix_tunings.RTE.self_prefix.control_trans'");

    [Theory]
    [InlineData("base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.weight", new[] { int.MaxValue, 0L })]
    [InlineData("base_model.model.bert.encoder.layer.0.attention.self.query.lora_B.weight", new[] { int.MaxValue, 0L })]
    [InlineData("base_model.model.classifier.weight", new[] { int.MaxValue, 0L })]
    [InlineData("base_model.model.classifier.weight", new[] { 4_294_967_298, 0 })]
    [InlineData("base_model.model.classifier.weight", new[] { 0L, 16 })]
    public void Of_PEFTs_layout(string key, long[] shape) => Refused(ExportLayout.Peft, folder =>
    {
        Reshape(folder["out/adapter_model.safetensors"], key, shape);
        if (key.Contains("lora_A", StringComparison.Ordinal))
            Renumber(folder["out/adapter_config.json"], "r");
    }, $"out/adapter_model.safetensors: tensor '{key}'");

    [Theory]
    [InlineData("(((.{1000}){1000}){1000}){1000}")]
    [InlineData("(.{0,30000}){0,30000}q(.{0,30000}){0,30000}")]
    [InlineData("(.*.*.*.*q){0,5000}(a|b|.){0,5000}x")]
    public void Of_an_expression_that_grows(string expression) => Refused(ExportLayout.Peft, folder =>
    {
        var config = Json(folder["out/adapter_config.json"]);
        config["target_modules"] = expression;
        File.WriteAllText(folder["out/adapter_config.json"], config.ToJsonString());
    }, "out/adapter_");

    [Fact]
    public void Of_the_studios_own_layout() =>
        Refused(null, folder => Renumber(folder["own/adapter.json"], "size"), "own/adapter.safetensors: tensor 'encoder.layer.0.attention.self.query.lora.down'");

    [Fact]
    public void Sizes_of_groups_whose_sum_overflows_do_not_fit_the_backbone() =>
        Refused(null, folder =>
        {
            var manifest = Json(folder["own/adapter.json"]);
            manifest["design"].ShouldNotBeNull()["groupings"].ShouldNotBeNull()[0].ShouldNotBeNull()["sizes"] = new JsonArray(int.MaxValue, int.MaxValue, 1, 1);
            File.WriteAllText(folder["own/adapter.json"], manifest.ToJsonString());
        }, "own/adapter.json: 'design'");

    [Fact]
    public void Two_tensors_for_one_parameter_are_refused()
    {
        Refused(ExportLayout.AdapterHub, folder => Add(folder["out/adapter.safetensors"], "encoder.layer.0.attention.self.query.loras.RTE.lora_A"), "are one tensor with the backbone's prefix and without it");
        Refused(ExportLayout.Peft, folder => Add(folder["out/adapter_model.safetensors"], "base_model.model.bert.encoder.layer.1.output.dense.bias", "bert.encoder.layer.1.output.dense.bias"), "which another tensor fills too");

        static void Add(string path, params string[] keys) => Rewrite(path, tensors => tensors.Concat(keys.Select(key => TinyBackbone.Random(key, [16], 1))));
    }

    private static void Refused(ExportLayout? layout, Action<TempFolder> spoil, string named)
    {
        using var files = new TinyModel("bert");
        using var folder = new TempFolder();
        using var backbone = files.Load();
        using var tuned = TrainedAdapter.Write(backbone, Design, "RTE", folder["own"]);
        if (layout is { } exported)
            AdapterExport.Write(folder["own"], backbone, exported, folder["out"]);
        spoil(folder);
        var error = Should.Throw<Exception>(() => LoadedAdapter.Read(folder[layout is null ? "own" : "out"], backbone));
        (error is SafetensorsException or InvalidDataException).ShouldBeTrue(error.ToString());
        error.Message.ShouldContain(named);
    }

    private static void Reshape(string path, string key, long[] shape) =>
        Rewrite(path, tensors => tensors.Where(tensor => tensor.Key != key).Append(new SafetensorsTensor(key, SafetensorsType.F32, [.. shape], ReadOnlyMemory<byte>.Empty)));

    private static void Rewrite(string path, Func<IEnumerable<SafetensorsTensor>, IEnumerable<SafetensorsTensor>> change)
    {
        SafetensorsTensor[] tensors;
        using (var file = SafetensorsFile.Open(path))
            tensors = [.. file.Entries.Select(entry => SafetensorsTensor.FromFloats(entry.Key, file.ReadFloats(entry.Key), entry.Shape.AsSpan()))];
        SafetensorsWriter.Write(path, change(tensors));
    }

    /// <summary>The first field of the name, wherever it is, gets the largest number of 32 bits.</summary>
    private static void Renumber(string path, string field)
    {
        var json = Json(path);
        var holder = Objects(json).First(part => part.ContainsKey(field));
        holder[field] = int.MaxValue;
        File.WriteAllText(path, json.ToJsonString());

        static IEnumerable<JsonObject> Objects(JsonNode? node) => node switch
        {
            JsonObject value => value.Select(property => property.Value).SelectMany(Objects).Prepend(value),
            JsonArray values => values.SelectMany(Objects),
            _ => [],
        };
    }

    private static JsonObject Json(string path) => JsonNode.Parse(File.ReadAllText(path)).ShouldNotBeNull().AsObject();
}
