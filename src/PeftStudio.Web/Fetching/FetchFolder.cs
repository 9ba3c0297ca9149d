using PeftStudio.Formats;
using PeftStudio.Web.Assets;

namespace PeftStudio.Web.Fetching;

/// <summary>
/// Where a fetch collects its files, beside the place they are for and hidden from shelf and workers: .fetch-NAME/parts, and in .fetch-NAME/origin
/// what they are parts of. Parts of another origin are of no use and go.
/// </summary>
internal sealed class FetchFolder
{
    private readonly string root;
    private readonly string target;
    private readonly DataDisk disk;

    public FetchFolder(string root, string target, DataDisk disk)
    {
        (this.root, this.target, this.disk) = (root, target, disk);
        Path = SafePath.Under(root, $".fetch-{target}");
    }

    public string Parts => System.IO.Path.Join(Path, "parts");

    /// <summary>For what is made of the parts; there only while it is made, and until it has its place.</summary>
    public string Made => System.IO.Path.Join(Path, "made");

    private string Path { get; }

    private string Origin => System.IO.Path.Join(Path, "origin");

    /// <summary>Bytes that the disk has left for what is missing here, with those of parts that <see cref="Begin"/> would throw away. Throws nothing away itself.</summary>
    public long Room(string origin)
    {
        Directory.CreateDirectory(root);
        return disk.Free(root) + (IsOf(origin) || !Directory.Exists(Path) ? 0 : new DirectoryInfo(Path).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length));
    }

    /// <summary>How much of a file of this origin is here.</summary>
    public long Kept(string origin, string name) => IsOf(origin) ? Bytes(name) : 0;

    public void Begin(string origin)
    {
        if (!IsOf(origin))
            Discard();
        Directory.CreateDirectory(Parts);
        File.WriteAllText(Origin, origin);
    }

    /// <summary>How much of a file is here, complete or not.</summary>
    public long Bytes(string name)
    {
        var place = SafePath.Under(Parts, name);
        var file = new FileInfo(File.Exists(place) ? place : place + PartialFile.Ending);
        return file.Exists ? file.Length : 0;
    }

    /// <summary>Gives a folder of this one its name, at once and whole; nothing is ever written over.</summary>
    public void Place(string folder)
    {
        if (!DataDisk.Place(folder, SafePath.Under(root, target)))
            throw Taken(target);
    }

    /// <summary>Fills <see cref="Made"/>, which is empty then, also where an earlier process ended in the middle, and gone where it fails.</summary>
    public string Make(Action<string> fill)
    {
        DiscardMade();
        Directory.CreateDirectory(Made);
        try
        {
            fill(Made);
        }
        catch
        {
            DiscardMade();
            throw;
        }
        return Made;
    }

    public void Discard()
    {
        if (Directory.Exists(Path))
            disk.Remove(Path);
    }

    private void DiscardMade()
    {
        if (Directory.Exists(Made))
            disk.Remove(Made);
    }

    public static FetchRefused Taken(string target) => new($"'{target}' exists already; choose another name", StatusCodes.Status409Conflict, "as");

    private bool IsOf(string origin) => File.Exists(Origin) && File.ReadAllText(Origin) == origin;
}
