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
    private static readonly string[] TokenizerFiles =
        ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.txt", "vocab.json", "merges.txt", "spiece.model"];

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
        JsonText.WriteSorted(Path.Join(folder, "config.json"), Config(source));
        var copied = TokenizerFiles.Where(name => File.Exists(Path.Join(backbone.Folder, name))).ToArray();
        foreach (var name in copied)
            File.Copy(Path.Join(backbone.Folder, name), Path.Join(folder, name));
        return copied.Length == 0 ? [$"The backbone's folder has no tokenizer files: take those of {source.BackboneName}."] : [];
    }

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
        var config = JsonNode.Parse(JsonFields.Read(Path.Join(source.Backbone.Folder, "config.json")).Element.GetRawText())?.AsObject() ?? [];
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
