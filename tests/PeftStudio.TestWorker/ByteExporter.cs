using PeftStudio.Jobs;
using PeftStudio.Search.Exports;

namespace PeftStudio.TestWorker;

/// <summary>Archives whose bytes follow from the order; what is merged is refused.</summary>
public sealed class ByteExporter : IAdapterExporter
{
    /// <summary>More than a chunk of the database, and no multiple of one.</summary>
    private const int Length = 9_000_001;

    public ExportOutcome Export(ExportOrder order, string folder)
    {
        if (order.Layout == ExportLayout.Merged)
            return new ExportOutcome.Refused("a bottleneck is not linear");
        var archive = Path.Join(folder, "export.zip");
        File.WriteAllBytes(archive, BytesOf(order.Layout));
        return new ExportOutcome.Made($"the report of {order.Layout} over {order.Backbone.Name}, from {order.Adapter.Safetensors.Length} bytes", archive);
    }

    public static byte[] BytesOf(ExportLayout layout)
    {
        var bytes = new byte[Length];
        for (var at = 0; at < bytes.Length; at++)
            bytes[at] = (byte)((at * 31) + (int)layout);
        return bytes;
    }
}
