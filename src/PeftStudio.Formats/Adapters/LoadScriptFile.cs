namespace PeftStudio.Formats.Adapters;

/// <summary>load.py, which puts an adapter of the studio's own layout into a model of Python's transformers. It goes with every adapter that is downloaded.</summary>
public static class LoadScriptFile
{
    public const string Name = "load.py";

    public static byte[] Bytes { get; } = Read();

    private static byte[] Read()
    {
        using var resource = typeof(LoadScriptFile).Assembly.GetManifestResourceStream("PeftStudio.Formats.Adapters.load.py")
            ?? throw new InvalidOperationException("load.py is no resource of this assembly");
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        return bytes;
    }
}
