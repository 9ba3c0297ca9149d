using System.Globalization;
using System.Text.Json.Nodes;
using PeftStudio.Formats;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Exports;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
using PeftStudio.Models.Sequences;
using PeftStudio.Search;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Exports;

/// <summary>
/// A whole model in the Hugging Face layout, fp32: what is linear is multiplied into weights and biases, trained tensors take their places, the head is the trained one, or the
/// checkpoint's own where the model writes. Nothing of the studio is needed to run it.
/// </summary>
internal sealed class MergedLayout : IExportLayout
{
    private const string TokenizerConfig = "tokenizer_config.json";

    private static readonly string[] TokenizerFiles =
        ["tokenizer.json", TokenizerConfig, "special_tokens_map.json", "added_tokens.json", "vocab.txt", "vocab.json", "merges.txt", "spiece.model"];

    /// <summary>Names of classes by files of the author's; of transformers 4.</summary>
    private static readonly string[] CodeFields = ["auto_map", "custom_pipelines"];

    public string? AgainstParts => "a merged model is the whole adapter or another one; export it for AdapterHub, or take the studio's own files";

    public string? Against(ModulePlacement module, InsertionPlan plan) => module.Form switch
    {
        FunctionalForm.LowRank or FunctionalForm.Rescaling => null,
        FunctionalForm.Bottleneck or FunctionalForm.LowRankBottleneck => "a bottleneck is not linear, so no weight of the backbone can hold it",
        FunctionalForm.KeyValue when module.Gated => "a prefix gives the attention more keys, so no weight of the backbone can hold it",
        FunctionalForm.KeyValue => "a multi-head adapter is not linear, so no weight of the backbone can hold it",
        _ => $"this version does not merge the form {module.Form}",
    };

    public string? Against(TrainedTensor tensor) => tensor.Added is null ? null : "T5 has no biases, so its checkpoint has no room for new ones";

    public IEnumerable<string> Write(ExportSource source, string folder)
    {
        var backbone = source.Backbone;
        SafetensorsWriter.Write(Path.Join(folder, SafetensorsCheckpoint.SingleName), Tensors(source), AdapterHubLayout.Metadata);
        var (config, notes) = (Config(source), new List<string>());
        notes.AddRange(WithoutCode(config, "config.json"));
        JsonText.WriteSorted(Path.Join(folder, "config.json"), config);
        var copied = TokenizerFiles.Where(name => File.Exists(Path.Join(backbone.Folder, name))).ToArray();
        foreach (var name in copied)
            notes.AddRange(CopyTokenizer(Path.Join(backbone.Folder, name), Path.Join(folder, name)));
        if (copied.Length == 0)
            notes.Add($"The backbone's folder has no tokenizer files: take those of {source.BackboneName}.");
        return notes;
    }

    private static IEnumerable<string> CopyTokenizer(string from, string to)
    {
        if (Path.GetFileName(from) == TokenizerConfig && Parsed(from) is var config && WithoutCode(config, TokenizerConfig) is { Length: > 0 } notes)
        {
            JsonText.WriteSorted(to, config);
            return notes;
        }
        File.Copy(from, to);
        return [];
    }

    /// <summary>Takes out what would have a reader run code of the backbone's author, which the weights here were not computed with.</summary>
    /// <returns>what was there, in sentences</returns>
    private static string[] WithoutCode(JsonObject config, string file) =>
        [.. CodeFields.Where(config.Remove).Select(field => $"The backbone's {file} asks by '{field}' for code of its author to be run. The studio did not run it, and the export does not ask for it.")];

    private static JsonObject Parsed(string path) => JsonNode.Parse(JsonFields.Read(path).Element.GetRawText())?.AsObject() ?? [];

    public Tensor Logits(string folder, Backbone backbone, TokenBatch rows)
    {
        using var merged = Backbone.Load(folder, backbone.Device, Precision.Fp32);
        using var model = TunedModel.Create(merged, InsertionPlan.Empty, ForwardPass.HeadOf(merged), new InitialisationSeed(0, 0));
        return ComparisonRows.Logits(model, rows);
    }

    private static IEnumerable<SafetensorsTensor> Tensors(ExportSource source)
    {
        foreach (var (key, _) in NetworkKeys.Of(source.Backbone.Config))
            yield return Tensor(source.Wrapper + key, key);
        foreach (var key in Head(source))
            yield return Tensor(key.StartsWith("pooler.", StringComparison.Ordinal) ? source.Wrapper + key : key, key);

        // Merged only while it is written: a whole model more would not fit everywhere.
        SafetensorsTensor Tensor(string name, string key) => SafetensorsTensor.Deferred(name, SafetensorsType.F32, [.. MergedTensor.Shape(source, key)], () =>
        {
            using var scope = NewDisposeScope();
            return AdapterTensors.ToTensor(name, MergedTensor.Of(source, key)).Bytes;
        });
    }

    private static IEnumerable<string> Head(ExportSource source)
    {
        var (backbone, head) = (source.Backbone, source.Model.Head);
        return !head.IsLanguageModel ? backbone.HeadLayout.Keys(backbone.Config.HiddenSize, head.Outputs).Select(k => k.Key)
            : backbone.Config.T5 is not null ? NetworkKeys.Head(backbone.Config)
            : new[] { BartKeys.LogitsBias }.Where(backbone.Contains);
    }

    /// <summary>The backbone's own config.json, with the head's labels, and without what only speeds up or starts training.</summary>
    private static JsonObject Config(ExportSource source)
    {
        var (head, type) = (source.Model.Head, source.Backbone.Config.ModelType);
        var config = Parsed(Path.Join(source.Backbone.Folder, "config.json"));
        config["architectures"] = new JsonArray(type switch
        {
            "bert" => "BertForSequenceClassification",
            "roberta" => "RobertaForSequenceClassification",
            "bart" => head.IsLanguageModel ? "BartForConditionalGeneration" : "BartForSequenceClassification",
            "t5" => "T5ForConditionalGeneration",
            var other => throw new ArgumentOutOfRangeException(nameof(source), other, "no class for this model type is known"),
        });
        if (!head.IsLanguageModel)
            Describe(config, head, head.IsRegression ? ["LABEL_0"] : source.Labels);
        config.Remove("dtype");
        config["torch_dtype"] = "float32";
        return config;
    }

    private static void Describe(JsonObject config, HeadPlan head, ValueList<string> labels)
    {
        config["num_labels"] = head.Outputs;
        config["id2label"] = new JsonObject(labels.Select((label, i) => KeyValuePair.Create<string, JsonNode?>(i.ToString(CultureInfo.InvariantCulture), label)));
        config["label2id"] = new JsonObject(labels.Select((label, i) => KeyValuePair.Create<string, JsonNode?>(label, i)));
        config["problem_type"] = head.IsRegression ? "regression" : "single_label_classification";
    }
}
