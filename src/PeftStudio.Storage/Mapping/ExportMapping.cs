using Microsoft.EntityFrameworkCore;
using PeftStudio.Search.Exports;
using PeftStudio.Storage.Rows;

namespace PeftStudio.Storage.Mapping;

internal static class ExportMapping
{
    public static void Apply(ModelBuilder model)
    {
        model.Entity<Export>(export =>
        {
            export.ToTable("exports");
            export.HasKey(e => new { e.TrialId, e.Layout });
            export.Ignore(e => e.IsOver);
            export.Property(e => e.Layout).HasConversion<string>();
            export.Property(e => e.State).HasConversion<string>();
            export.Property<uint>("Version").IsRowVersion();
            // Only a trial with an adapter has one.
            export.HasOne<StoredAdapter>().WithMany().HasForeignKey(e => e.TrialId);
            export.HasIndex(e => e.State);
        });
        model.Entity<ExportChunk>(chunk =>
        {
            chunk.ToTable("export_chunks");
            chunk.HasKey(c => new { c.TrialId, c.Layout, c.Number });
            chunk.Property(c => c.Layout).HasConversion<string>();
            chunk.HasOne<Export>().WithMany().HasForeignKey(c => new { c.TrialId, c.Layout });
        });
    }
}
