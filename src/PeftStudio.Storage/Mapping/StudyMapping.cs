using Microsoft.EntityFrameworkCore;
using PeftStudio.Search.Studies;

namespace PeftStudio.Storage.Mapping;

internal static class StudyMapping
{
    public static void Apply(ModelBuilder model)
    {
        model.Entity<Study>(study =>
        {
            study.ToTable("studies");
            study.Property(s => s.Plan).AsJson();
            study.Property(s => s.Assets).AsJson();
            study.Property(s => s.State).HasConversion<string>();
            study.Property<uint>("Version").IsRowVersion();
            study.HasIndex(s => s.State);
        });
        model.Entity<Step>(step =>
        {
            step.ToTable("steps");
            step.Ignore(s => s.Key);
            step.Property(s => s.Stage).HasConversion<string>();
            step.Property(s => s.Decision).AsJson();
            step.Property(s => s.Notes).AsJson();
            step.Property<uint>("Version").IsRowVersion();
            step.HasOne<Study>().WithMany().HasForeignKey(s => s.StudyId);
            step.HasIndex(s => new { s.StudyId, s.Stage, s.Group }).IsUnique();
            step.HasIndex(s => new { s.StudyId, s.Number }).IsUnique();
        });
        model.Entity<Choice>(choice =>
        {
            choice.ToTable("choices");
            choice.HasOne<Step>().WithMany().HasForeignKey(c => c.StepId);
            choice.HasIndex(c => new { c.StepId, c.Index }).IsUnique();
        });
        model.Entity<Sample>(sample =>
        {
            sample.ToTable("samples");
            sample.Property(s => s.Sizes).AsJson();
            sample.Property(s => s.Pattern).HasConversion<string>();
            sample.Property(s => s.Allocation).HasConversion<string>();
            sample.HasOne<Study>().WithMany().HasForeignKey(s => s.StudyId);
            sample.HasOne<Step>().WithMany().HasForeignKey(s => s.StepId);
            sample.HasOne<Choice>().WithMany().HasForeignKey(s => s.ChoiceId);
            sample.HasIndex(s => new { s.ChoiceId, s.Index }).IsUnique();
            sample.HasIndex(s => new { s.StudyId, s.Id });
        });
    }
}
