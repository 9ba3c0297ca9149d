using Microsoft.EntityFrameworkCore;
using PeftStudio.Storage.Rows;

namespace PeftStudio.Storage.Mapping;

internal static class HistoryMapping
{
    public static void Apply(ModelBuilder model)
    {
        model.Entity<StudioEvent>(line =>
        {
            line.ToTable("events");
            line.Property(e => e.At).HasDefaultValueSql("clock_timestamp()");
            line.Property(e => e.Kind).HasConversion<string>();
            line.HasIndex(e => new { e.StudyId, e.Id });
            line.HasIndex(e => new { e.TrialId, e.Id });
        });
        model.Entity<WorkerNode>(worker =>
        {
            worker.ToTable("workers");
            worker.Property(w => w.Backbones).AsJson();
            worker.Property(w => w.Tasks).AsJson();
            worker.HasIndex(w => w.HeartbeatAt);
        });
        model.Entity<StoredCostModel>(cost =>
        {
            cost.ToTable("cost_models");
            cost.HasKey(c => new { c.BackboneHash, c.Profile, c.Precision });
            cost.Property(c => c.Precision).HasConversion<string>();
            cost.Property(c => c.Model).AsJson();
        });
    }
}
