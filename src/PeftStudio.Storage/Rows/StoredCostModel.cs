using PeftStudio.Search.Costs;
using PeftStudio.Search.Studies;

namespace PeftStudio.Storage.Rows;

/// <summary>What trials over a backbone cost in one precision on one numeric profile, as it was measured last.</summary>
public sealed class StoredCostModel(string profile, string backboneHash, Precision precision, int version, CostModel model, DateTimeOffset measuredAt)
{
    /// <summary>Device model, libtorch, threads, BLAS kernels.</summary>
    public string Profile { get; private set; } = profile;

    public string BackboneHash { get; private set; } = backboneHash;

    public Precision Precision { get; private set; } = precision;

    /// <summary><see cref="CostModel.Version"/> of the program that measured.</summary>
    public int Version { get; private set; } = version;

    /// <summary>Rates and residuals.</summary>
    public CostModel Model { get; private set; } = model;

    public DateTimeOffset MeasuredAt { get; private set; } = measuredAt;
}
