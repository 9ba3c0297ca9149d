using System.Text.Json.Serialization;

namespace PeftStudio.Search.Studies;

public enum Precision
{
    Fp32,

    /// <summary>Backbone products in bf16; trained parameters and optimizer in fp32.</summary>
    Bf16,
}

/// <summary>
/// AdamW with linear warm-up and linear decay; one PEFT rate with a multiplier a method, one for the head, one for full fine-tuning. The default rates are the best of a short
/// probe of the first four methods and the low-rank adapter on the sample backbone (docs/search.md); the other methods' multipliers are not probed, and a larger backbone wants its own.
/// </summary>
public sealed record TrainingPlan
{
    public double Rate { get; init; } = 2e-3;

    public ValueList<MethodRate> MethodRates { get; init; } =
    [
        new("ia3", 5), new("lora", 2), new("lora-all", 2), new("lora-ffn", 2), new("prefix", 5),
    ];

    public double HeadRate { get; init; } = 1e-3;

    public double FullRate { get; init; } = 2e-4;

    public int BatchSize { get; init; } = 16;

    /// <summary>Most tokens a row, special tokens counted.</summary>
    public int MaxLength { get; init; } = 64;

    /// <summary>Dropout of backbone and head; null: the backbone's own.</summary>
    public double? Dropout { get; init; }

    public double WarmupShare { get; init; } = 0.06;

    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Largest 2-norm of the gradient; 0: no clipping.</summary>
    public double ClipNorm { get; init; } = 1.0;

    public Precision Precision { get; init; } = Precision.Fp32;

    /// <summary>Agreed: rows of a task that cannot be used are left out; otherwise a task that has one is refused.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool SkipBadRows { get; init; }
}

/// <summary>The learning rate of <paramref name="Method"/> is the PEFT rate times <paramref name="Multiplier"/>.</summary>
public sealed record MethodRate(string Method, double Multiplier);
