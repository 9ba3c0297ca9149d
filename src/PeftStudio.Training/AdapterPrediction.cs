using PeftStudio.Formats.Adapters;
using PeftStudio.Formats.Tasks;
using PeftStudio.Formats.Tokenizers;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Search.Studies;
using PeftStudio.Training.Batching;
using TorchSharp;

namespace PeftStudio.Training;

/// <summary>One row's prediction. Classification: the label and every label's probability; regression: the score; generation: the text.</summary>
public sealed record RowPrediction(string? Label, IReadOnlyDictionary<string, double>? Probabilities, double? Score, string? Text = null);

/// <summary>An adapter folder put back into its backbone, ready to predict: what a trial measured can be measured again from the files alone.</summary>
public sealed class AdapterPrediction : IDisposable
{
    private readonly Backbone backbone;
    private readonly TunedModel model;
    private readonly Tokenizer tokenizer;

    private AdapterPrediction(AdapterManifest manifest, Backbone backbone, TunedModel model, Tokenizer tokenizer) =>
        (Manifest, this.backbone, this.model, this.tokenizer) = (manifest, backbone, model, tokenizer);

    public AdapterManifest Manifest { get; }

    public TaskDefinition Task => Manifest.Task.Definition;

    /// <exception cref="InvalidDataException">The adapter belongs to another backbone or tokenizer, or was trained in bf16, of which this processor has no products.</exception>
    public static AdapterPrediction Open(string backboneFolder, string adapterFolder, torch.Device device)
    {
        var manifest = AdapterFolder.ReadManifest(adapterFolder);
        if (Bf16Products.Against(manifest.Training.Plan.Precision, device) is { } reason)
            throw new InvalidDataException($"{adapterFolder}: was trained in bf16, and {reason}. Predict where it was trained, or with the load.py of its download, which computes in fp32.");
        var tokenizer = Tokenizer.FromFolder(backboneFolder);
        if (manifest.TokenizerHash != tokenizer.Hash)
            throw new InvalidDataException($"{adapterFolder}: was trained with the tokenizer {manifest.TokenizerHash}; {backboneFolder} has {tokenizer.Hash}. Take the backbone's own tokenizer files.");
        var backbone = Backbone.Load(backboneFolder, device, manifest.Training.Plan.Precision);
        try
        {
            if (manifest.Backbone.Hash != backbone.Hash)
                throw new InvalidDataException($"{adapterFolder}: belongs to the backbone '{manifest.Backbone.Name}' with hash {manifest.Backbone.Hash}; {backboneFolder} has {backbone.Hash}");
            var head = TaskHead.Of(manifest.Task.Definition, backbone.Config, tokenizer);
            return new AdapterPrediction(manifest, backbone, OwnAdapter.Load(adapterFolder, manifest, backbone, head), tokenizer);
        }
        catch
        {
            backbone.Dispose();
            throw;
        }
    }

    /// <exception cref="InvalidTaskException">A row holds a token that the backbone's embedding has no row for.</exception>
    public (IReadOnlyList<RowPrediction> Predictions, RowsScore? Score) Predict(UnscoredRows rows, CancellationToken cancellationToken)
    {
        var tokenised = new TokenisedRow[rows.Texts.Count];
        var text = RowText.Of(Task, backbone.Config);
        for (var i = 0; i < tokenised.Length; i++)
        {
            var encoded = text.Encode(tokenizer, rows.Texts[i].Text, rows.Texts[i].Pair, Manifest.Training.Plan.MaxLength);
            if (EmbeddingRows.Problem(encoded.Ids, backbone.Config.VocabSize, $"row {rows.Texts[i].RowNumber}") is { } problem)
                throw new InvalidTaskException(problem);
            tokenised[i] = new TokenisedRow(encoded.Ids, encoded.TypeIds, rows.Targets?[i] ?? 0, rows.TargetTexts is { } targets ? new TargetText(targets[i], []) : null);
        }
        if (Task.Generation is { } generation)
        {
            var texts = Evaluation.Texts(model, generation, tokenizer, tokenised, cancellationToken);
            return ([.. texts.Select(text => new RowPrediction(null, null, null, text))], rows.TargetTexts is null ? null : Evaluation.Score(Task, texts, tokenised));
        }
        var logits = Evaluation.Logits(model, tokenised, cancellationToken);
        var score = rows.Targets is null ? null : Evaluation.Score(Task, model.Head, logits, tokenised);
        return ([.. Enumerable.Range(0, tokenised.Length).Select(row => Prediction(logits.AsSpan(row * model.Head.Outputs, model.Head.Outputs)))], score);
    }

    public void Dispose()
    {
        model.Dispose();
        backbone.Dispose();
    }

    private RowPrediction Prediction(ReadOnlySpan<float> logits)
    {
        if (Task.IsRegression)
            return new RowPrediction(null, null, Evaluation.Value(model.Head, logits, ScoreUnits.Of(Task)));
        var largest = logits[0];
        foreach (var logit in logits)
            largest = Math.Max(largest, logit);
        var weights = new double[logits.Length];
        for (var i = 0; i < logits.Length; i++)
            weights[i] = Math.Exp((double)logits[i] - largest);
        var sum = weights.Sum();
        return new RowPrediction(
            Task.LabelNames[Evaluation.Label(model.Head, logits)], Task.LabelNames.Select((name, i) => (name, weights[i] / sum)).ToDictionary(pair => pair.name, pair => pair.Item2, StringComparer.Ordinal), null);
    }
}
