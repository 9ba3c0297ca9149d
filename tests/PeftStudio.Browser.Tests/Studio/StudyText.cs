namespace PeftStudio.Browser.Tests.Studio;

/// <summary>Studies as YAML, small enough for a few seconds of one core.</summary>
internal static class StudyText
{
    /// <summary>A rate of 1000 with a weight decay of 10: with every step the weights grow ten thousand times.</summary>
    public const string Diverging = """
        name: Diverging
        backbone: sample
        tasks: [sentiment]
        space:
          groups: 2
          groupings: [uniform, increasing]
          allocations: [uniform]
          tunableGroups: [[1, 2]]
          methods: [lora, bitfit]
          strategies: [[[lora]]]
        budget: { percent: 0.5 }
        compute: { samplesPerChoice: 1, startSamples: 1, epochs: 1, rowsPerTask: 48, decisionRowsAtMost: 20 }
        final: { seeds: 1, epochs: 1, rowsPerTask: 48, singleMethods: false }
        training:
          rate: 1
          methodRates: [{ method: lora, multiplier: 1000 }]
          weightDecay: 10
          warmupShare: 0
          batchSize: 2
        """;

    /// <summary>A whole search: every page has something to show.</summary>
    public const string Whole = """
        name: Every page
        note: Two groups, two methods, three samples a choice.
        backbone: sample
        tasks: [sentiment]
        space:
          groups: 2
          groupings: [uniform, increasing]
          allocations: [uniform]
          tunableGroups: [[1, 2]]
          methods: [adapter, lora]
          strategies: [[[adapter], [lora]]]
        budget: { percent: 0.5 }
        compute: { samplesPerChoice: 3, startSamples: 2, epochs: 2, rowsPerTask: 32, decisionRowsAtMost: 40 }
        final: { seeds: 2, epochs: 2, rowsPerTask: 32 }
        """;

    /// <summary>A small search over real GLUE tasks, of rows of very different lengths.</summary>
    public const string Glue = """
        name: Three tasks of GLUE
        backbone: sample
        tasks: [RTE, MRPC, CoLA]
        space:
          groups: 3
          groupings: [uniform, increasing]
          allocations: [uniform]
          tunableGroups: [[1, 2, 3], [3]]
          methods: [adapter, lora]
          strategies: [[[adapter], [lora]]]
        budget: { percent: 0.5 }
        compute: { samplesPerChoice: 1, startSamples: 1, epochs: 1, rowsPerTask: 32, decisionRowsAtMost: 40 }
        final: { seeds: 1, epochs: 1, rowsPerTask: 64, singleMethods: false, fullFineTuning: false }
        training: { maxLength: 64 }
        """;
}
