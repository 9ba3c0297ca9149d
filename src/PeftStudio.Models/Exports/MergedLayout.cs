using System.Globalization;
using System.Text.Json.Nodes;
using PeftStudio.Formats;
using PeftStudio.Formats.Exports;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
using PeftStudio.Search;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Exports;

/// <summary>
/// A whole model for sequence classification in the Hugging Face layout, fp32: what is linear is multiplied into weights and biases, trained tensors take their places, the head is the
/// trained one. Nothing of the studio is needed to run it.
/// </summary>
internal sealed class MergedLayout : IExportLayout
{
    private static readonly string[] TokenizerFiles =
        ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.txt", "vocab.json", "merges.txt"];

    public string? AgainstParts => "a merged model is the whole adapter or another one; export it for AdapterHub, or take the studio's own files";

    public string? Against(ModulePlacement module, InsertionPlan plan) => module.Form switch
    {
        FunctionalForm.LowRank or FunctionalForm.Rescaling => null,
        FunctionalForm.Bottleneck => "a bottleneck is not linear, so no weight of the backbone can hold it",
        FunctionalForm.KeyValue when module.Gated => "a prefix gives the attention more keys, so no weight of the backbone can hold it",
        FunctionalForm.KeyValue => "a multi-head adapter is not linear, so no weight of the backbone can hold it",
        _ => $"this version does not merge the form {module.Form}",
    };

    public string? Against(TrainedTensor tensor) => null;

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
        return model.Forward(rows, ForwardContext.Evaluation);
    }

    private static IEnumerable<SafetensorsTensor> Tensors(ExportSource source)
    {
        var (backbone, wrapper) = (source.Backbone, BackboneKeys.Prefix(source.Backbone.Config.ModelType));
        foreach (var (key, _) in EncoderKeys.Of(backbone.Config))
            yield return Tensor(wrapper + key, key);
        foreach (var (key, _) in backbone.HeadLayout.Keys(backbone.Config.HiddenSize, source.Model.Head.Outputs))
            yield return Tensor(key.StartsWith("classifier", StringComparison.Ordinal) ? key : wrapper + key, key);

        SafetensorsTensor Tensor(string name, string key)
        {
            using var scope = NewDisposeScope();
            return AdapterTensors.ToTensor(name, MergedTensor.Of(source, key));
        }
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
            var other => throw new ArgumentOutOfRangeException(nameof(source), other, "no class for this model type is known"),
        });
        var labels = head.IsRegression ? ["LABEL_0"] : source.Labels;
        config["num_labels"] = head.Outputs;
        config["id2label"] = new JsonObject(labels.Select((label, i) => KeyValuePair.Create<string, JsonNode?>(i.ToString(CultureInfo.InvariantCulture), label)));
        config["label2id"] = new JsonObject(labels.Select((label, i) => KeyValuePair.Create<string, JsonNode?>(label, i)));
        config["problem_type"] = head.IsRegression ? "regression" : "single_label_classification";
        config.Remove("dtype");
        config["torch_dtype"] = "float32";
        return config;
    }
}
