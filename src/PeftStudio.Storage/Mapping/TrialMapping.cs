using Microsoft.EntityFrameworkCore;
using PeftStudio.Search.Studies;
using PeftStudio.Storage.Rows;

namespace PeftStudio.Storage.Mapping;

internal static class TrialMapping
{
    public static void Apply(ModelBuilder model)
    {
        model.Entity<Trial>(trial =>
        {
            trial.ToTable("trials");
            trial.Property(t => t.Plan).AsJson();
            trial.Property(t => t.Result).AsJson();
            trial.Property(t => t.State).HasConversion<string>();
            trial.Property<uint>("Version").IsRowVersion();
            trial.HasOne<Study>().WithMany().HasForeignKey(t => t.StudyId);
            trial.HasOne<Step>().WithMany().HasForeignKey(t => t.StepId);
            trial.HasOne<Sample>().WithMany().HasForeignKey(t => t.SampleId);
            trial.HasIndex(t => new { t.SampleId, t.Task }).IsUnique();
            trial.HasIndex(t => new { t.StudyId, t.State });
            trial.HasIndex(t => t.State);
        });
        model.Entity<Attempt>(attempt =>
        {
            attempt.ToTable("attempts");
            attempt.HasKey(a => new { a.TrialId, a.Number });
            attempt.Property(a => a.State).HasConversion<string>();
            attempt.HasOne<Trial>().WithMany().HasForeignKey(a => a.TrialId);
            attempt.HasIndex(a => new { a.State, a.HeartbeatAt });
            attempt.HasIndex(a => a.WorkerId);
        });
        model.Entity<TaskScore>(score =>
        {
            score.ToTable("task_scores");
            score.HasKey(s => new { s.TrialId, s.Rows, s.Metric });
            score.Property(s => s.Rows).HasConversion<string>();
            score.HasOne<Trial>().WithMany().HasForeignKey(s => s.TrialId);
        });
        model.Entity<CurvePoint>(point =>
        {
            point.ToTable("curve_points");
            point.HasKey(p => new { p.TrialId, p.Attempt, p.Epoch });
            point.HasOne<Trial>().WithMany().HasForeignKey(p => p.TrialId);
        });
        model.Entity<StoredAdapter>(adapter =>
        {
            adapter.ToTable("adapters");
            adapter.HasKey(a => a.TrialId);
            adapter.Property(a => a.TrialId).ValueGeneratedNever();
            adapter.HasOne<Trial>().WithOne().HasForeignKey<StoredAdapter>(a => a.TrialId);
        });
    }
}
