using System.Globalization;
using System.Text.Json.Nodes;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests.Backbones;

public sealed class BackboneConfigTests
{
    private const string Least = """
        {"model_type": "bert", "vocab_size": 100, "hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 20, "max_position_embeddings": 16}
        """;

    [Fact]
    public void What_a_file_leaves_out_has_the_defaults_of_the_reference()
    {
        var config = Read(Least);
        (config.HiddenAct, config.TypeVocabSize, config.LayerNormEps, config.HiddenDropout, config.AttentionDropout).ShouldBe((Activation.Gelu, 2, 1e-12, 0.1, 0.1));
        (config.ClassifierDropout, config.PadTokenId, config.ProblemType, config.HeadSize, config.MaxLength).ShouldBe((null, 0, null, 4, 16));
        config.Labels.ShouldBe(["LABEL_0", "LABEL_1"]);
        config.Ignored.ShouldBeEmpty();
    }

    [Fact]
    public void Roberta_counts_positions_from_behind_the_padding_id()
    {
        var config = Read(Least, ("model_type", "roberta"));
        (config.PadTokenId, config.FirstPosition, config.MaxLength).ShouldBe((1, 2, 14));
    }

    [Fact]
    public void Labels_come_in_the_order_of_their_ids()
    {
        Read(Least, ("id2label", new JsonObject { ["1"] = "yes", ["0"] = "no", ["2"] = "maybe" })).Labels.ShouldBe(["no", "yes", "maybe"]);
        Read(Least, ("num_labels", 1), ("problem_type", "regression")).Labels.Count.ShouldBe(1);
    }

    [Fact]
    public void Labels_are_as_many_as_are_read()
    {
        JsonObject Named(int count) => new(Enumerable.Range(0, count).Reverse().Select(i => KeyValuePair.Create(i.ToString(CultureInfo.InvariantCulture), (JsonNode?)$"label {i}")));
        var labels = Read(Least, ("id2label", Named(100_000))).Labels;
        (labels.Count, labels[0], labels[^1]).ShouldBe((100_000, "label 0", "label 99999"));
        Should.Throw<InvalidDataException>(() => Read(Least, ("id2label", Named(100_001)))).Message.ShouldEndWith("'id2label' names 100001 labels; at most 100000 are read");
    }

    [Fact]
    public void Code_of_the_author_is_not_run_and_that_is_said()
    {
        var ignored = Read(Least, ("auto_map", new JsonObject { ["AutoModel"] = "evil.Model" })).Ignored.ShouldHaveSingleItem();
        ignored.ShouldContain("auto_map");
        ignored.ShouldContain("AutoModel");
    }

    public static TheoryData<string, string?, string> Wrong => new()
    {
        { "model_type", null, "'model_type' is missing" },
        { "model_type", "\"gpt2\"", "'gpt2', an unknown architecture" },
        { "vocab_size", null, "'vocab_size' is missing" },
        { "hidden_size", "\"12\"", "'hidden_size' must be a number, not a string" },
        { "hidden_size", "12.5", "'hidden_size' is 12.5; a whole number" },
        { "hidden_size", "0", "'hidden_size' is 0" },
        { "hidden_size", "99999999999", "'hidden_size' is 99999999999" },
        { "num_hidden_layers", "null", "'num_hidden_layers' is missing" },
        { "num_attention_heads", "5", "'num_attention_heads' is 5 and does not divide hidden_size, 12" },
        { "intermediate_size", "[]", "'intermediate_size' must be a number, not an array" },
        { "max_position_embeddings", "-1", "'max_position_embeddings' is -1" },
        { "hidden_act", "\"mish\"", "'hidden_act' is 'mish'" },
        { "hidden_act", "3", "'hidden_act' must be a string" },
        { "position_embedding_type", "\"relative_key\"", "'position_embedding_type' is 'relative_key'" },
        { "hidden_dropout_prob", "1", "'hidden_dropout_prob' is 1" },
        { "classifier_dropout", "-0.1", "'classifier_dropout' is -0.1" },
        { "layer_norm_eps", "0", "'layer_norm_eps' is 0" },
        { "pad_token_id", "100", "'pad_token_id' is 100" },
        { "is_decoder", "true", "'is_decoder' is true" },
        { "is_decoder", "1", "'is_decoder' must be true or false" },
        { "pruned_heads", "{\"0\": [1]}", "'pruned_heads' is not empty" },
        { "quantization_config", "{}", "'quantization_config' is set" },
        { "id2label", "{\"0\": \"a\", \"2\": \"b\"}", "'id2label.1' is missing" },
        { "id2label", "{}", "'id2label' names 0 labels" },
        { "problem_type", "\"ranking\"", "'problem_type' is 'ranking'" },
    };

    [Theory, MemberData(nameof(Wrong))]
    public void A_wrong_field_is_named_with_its_file(string name, string? json, string message)
    {
        var error = Should.Throw<InvalidDataException>(() => Read(Least, (name, json is null ? null : JsonNode.Parse(json))));
        error.Message.ShouldContain("config.json: ");
        error.Message.ShouldContain(message);
    }

    [Theory]
    [InlineData("[]", "is not a JSON object")]
    [InlineData("{", "is not valid JSON")]
    [InlineData("""{"a": 1, "a": 2}""", "is not valid JSON")]
    [InlineData("""{"a": 1, "\ud800": 2}""", "is not valid JSON")]
    public void A_file_that_is_no_object_is_refused(string text, string message)
    {
        using var folder = new TempFolder();
        folder.Write("config.json", text);
        Should.Throw<InvalidDataException>(() => BackboneConfig.FromFolder(folder.Path)).Message.ShouldContain(message);
        Should.Throw<InvalidDataException>(() => BackboneConfig.FromFolder(folder["no"])).Message.ShouldContain("does not exist");
    }

    [Fact]
    public void A_file_that_is_not_UTF8_is_refused()
    {
        using var folder = new TempFolder();
        folder.Write("config.json", [.. "{\"auto_map\": {\"a"u8, 0xFF, .. "\": 1}}"u8]);
        Should.Throw<InvalidDataException>(() => BackboneConfig.FromFolder(folder.Path)).Message.ShouldBe(folder["config.json"] + ": is not valid JSON: it is not UTF-8");
    }

    [Fact]
    public void An_error_quotes_the_ends_of_a_long_value()
    {
        var message = Should.Throw<InvalidDataException>(() => Read(Least.Replace("12", new string('9', 5000), StringComparison.Ordinal))).Message;
        message.ShouldContain("'hidden_size' is 999");
        message.ShouldEndWith("999; a whole number from 1 to 1048576 is wanted");
        message.Length.ShouldBeLessThan(1000);
    }

    [Theory]
    [InlineData("backbones/sample", 12, 192, 64)]
    [InlineData("goldens/models/bert", 4, 32, 8)]
    [InlineData("goldens/models/roberta", 4, 32, 8)]
    public void The_parameter_count_is_what_the_checkpoint_holds(string name, int layers, int width, int headSize)
    {
        var folder = Folders.RequireShared(name);
        var config = BackboneConfig.FromFolder(folder);
        using var checkpoint = SafetensorsCheckpoint.Open(folder);
        config.Parameters.ShouldBe(BackboneIdentity.Of(checkpoint, config.ModelType).Parameters);
        (config.Layers, config.HiddenSize, config.HeadSize).ShouldBe((layers, width, headSize));
        var shape = config.Shape();
        (shape.Architecture, shape.Parameters).ShouldBe((config.ModelType, config.Parameters));
        shape.Stacks.ShouldHaveSingleItem().Layers.ShouldBe(layers);
    }

    internal static BackboneConfig Read(string json, params (string Name, JsonNode? Value)[] changes)
    {
        var fields = JsonNode.Parse(json) as JsonObject ?? [];
        foreach (var (name, value) in changes)
            if (value is null)
                fields.Remove(name);
            else
                fields[name] = value;
        using var folder = new TempFolder();
        folder.Write("config.json", fields.ToJsonString());
        return BackboneConfig.FromFolder(folder.Path);
    }
}
