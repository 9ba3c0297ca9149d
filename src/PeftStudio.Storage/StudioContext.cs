using Microsoft.EntityFrameworkCore;
using PeftStudio.Search.Exports;
using PeftStudio.Search.Studies;
using PeftStudio.Storage.Mapping;
using PeftStudio.Storage.Rows;

namespace PeftStudio.Storage;

/// <summary>The studio's tables. The classes of Search know nothing of it.</summary>
public sealed class StudioContext(DbContextOptions<StudioContext> options) : DbContext(options)
{
    public DbSet<Study> Studies => Set<Study>();

    public DbSet<Step> Steps => Set<Step>();

    public DbSet<Choice> Choices => Set<Choice>();

    public DbSet<Sample> Samples => Set<Sample>();

    public DbSet<Trial> Trials => Set<Trial>();

    public DbSet<Attempt> Attempts => Set<Attempt>();

    public DbSet<TaskScore> Scores => Set<TaskScore>();

    public DbSet<CurvePoint> CurvePoints => Set<CurvePoint>();

    public DbSet<StoredAdapter> Adapters => Set<StoredAdapter>();

    public DbSet<Export> Exports => Set<Export>();

    public DbSet<ExportChunk> ExportChunks => Set<ExportChunk>();

    public DbSet<StudioEvent> Events => Set<StudioEvent>();

    public DbSet<WorkerNode> Workers => Set<WorkerNode>();

    public DbSet<StoredCostModel> CostModels => Set<StoredCostModel>();

    /// <summary>The only clock that judges deadlines and heartbeats: hosts' clocks differ and jump.</summary>
    public Task<DateTimeOffset> NowAsync(CancellationToken cancellationToken) =>
        Database.SqlQuery<DateTimeOffset>($"""select clock_timestamp() as "Value" """).SingleAsync(cancellationToken);

    /// <summary>Wakes whoever shows this study; sent when the transaction commits. Null: workers or the queue changed.</summary>
    public Task<int> NotifyAsync(int? studyId, CancellationToken cancellationToken) =>
        Database.ExecuteSqlAsync($"select pg_notify({Notifications.Channel}, {(studyId ?? 0).ToString(System.Globalization.CultureInfo.InvariantCulture)})", cancellationToken);

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        StudyMapping.Apply(modelBuilder);
        TrialMapping.Apply(modelBuilder);
        ExportMapping.Apply(modelBuilder);
        HistoryMapping.Apply(modelBuilder);
        SnakeCase.Apply(modelBuilder);
    }
}
