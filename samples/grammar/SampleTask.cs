namespace PeftStudio.Samples;

/// <summary>One sample task: the files of its folder, by name, as they are in the repository.</summary>
internal sealed record SampleTask(string Folder, IReadOnlyDictionary<string, string> Files)
{
    private const int TrainRows = 2000;
    private const int DevRows = 400;

    public static IReadOnlyList<SampleTask> All() =>
    [
        // As CoLA: source, label, the author's mark, sentence; no header.
        Make("acceptability", seed: 1, header: null, classes: 2,
            """
            "columns": { "text": 3, "label": 1 },
              "header": false,
              "labels": ["unacceptable", "acceptable"],
              "labelValues": ["0", "1"],
              "metrics": ["matthews"]
            """,
            "Is the sentence grammatical? CoLA's layout; the first column names the phenomenon.",
            (draw, label, _) =>
            {
                var (phenomenon, sentence) = Acceptability.Make(draw, good: label == 1);
                return (sentence, $"{phenomenon}\t{label}\t{(label == 1 ? "" : "*")}\t{sentence}");
            }),

        // As SST-2.
        Make("sentiment", seed: 2, header: "sentence\tlabel", classes: 2,
            """
            "columns": { "text": "sentence", "label": "label" },
              "labels": ["negative", "positive"],
              "labelValues": ["0", "1"],
              "metrics": ["accuracy"]
            """,
            "Is the speaker for it or against it? SST-2's layout.",
            (draw, label, _) =>
            {
                var sentence = Sentiment.Make(draw, positive: label == 1);
                return (sentence, $"{sentence}\t{label}");
            }),

        // As STS-B; a class here is one point's width of the score, so that every height is as frequent.
        Make("similarity", seed: 3, header: "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore", classes: 5,
            """
            "columns": { "text": "sentence1", "pair": "sentence2", "label": "score" },
              "regression": { "min": 0, "max": 5 },
              "metrics": ["pearson", "spearman"]
            """,
            "How much do two sentences say the same? STS-B's layout.",
            (draw, bin, index) =>
            {
                while (true)
                {
                    var (text, pair, score) = Similarity.Make(draw);
                    if (Math.Min(4, score[0] - '0') == bin)
                        return ($"{text}\t{pair}", $"{index}\tevents\tsample\t\t\tsample\tsample\t{text}\t{pair}\t{score}");
                }
            }),

        // As RTE.
        Make("entailment", seed: 4, header: "index\tsentence1\tsentence2\tlabel", classes: 2,
            """
            "columns": { "text": "sentence1", "pair": "sentence2", "label": "label" },
              "labels": ["entailment", "not_entailment"],
              "metrics": ["accuracy"]
            """,
            "Does the second sentence follow from the first? RTE's layout.",
            (draw, label, index) =>
            {
                var (text, pair) = Entailment.Make(draw, follows: label == 0);
                return ($"{text}\t{pair}", $"{index}\t{text}\t{pair}\t{(label == 0 ? "entailment" : "not_entailment")}");
            }),

        // The one whose targets are texts; a class here is a direction. Nothing is told twice, in whichever voice.
        Make("rewriting", seed: 5, header: null, classes: 2,
            """
            "columns": { "text": "source", "target": "target" },
              "generation": { "maxTokens": 32, "beams": 2 },
              "metrics": ["bleu", "rougeL"]
            """,
            "The same sentence in the other voice: active for passive, passive for active.",
            (draw, direction, _) =>
            {
                var (told, source, target) = Rewriting.Make(draw, toPassive: direction == 0);
                return (told, $$"""{"source": "{{source}}", "target": "{{target}}"}""");
            },
            format: "jsonl"),
    ];

    private static SampleTask Make(
        string name, ulong seed, string? header, int classes, string definition, string description, Func<Draw, int, int, (string Key, string Line)> row,
        string format = "tsv")
    {
        var draw = new Draw(seed);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return new(name, new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["task.json"] = $$"""
                {
                  "name": "{{name}}",
                  "description": "{{description}}",
                  "files": { "train": "train.{{format}}", "dev": "dev.{{format}}" },
                  {{definition}}
                }

                """.ReplaceLineEndings("\n"),
            [$"train.{format}"] = Rows(TrainRows),
            [$"dev.{format}"] = Rows(DevRows),
        });

        // Every class as often; no row twice, neither in a file nor across the two.
        string Rows(int count)
        {
            var labels = Enumerable.Range(0, count).Select(i => i % classes).ToArray();
            draw.Shuffle(labels);
            var lines = labels.Select((label, index) =>
            {
                while (true)
                {
                    var (key, line) = row(draw, label, index);
                    if (seen.Add(key))
                        return line;
                }
            });
            return string.Concat((header is null ? lines : lines.Prepend(header)).Select(line => line + "\n"));
        }
    }
}
