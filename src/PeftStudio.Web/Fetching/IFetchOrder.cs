using PeftStudio.Web.Assets;

namespace PeftStudio.Web.Fetching;

/// <summary>What is to be fetched: a backbone of the hub, or a task of GLUE.</summary>
internal interface IFetchOrder
{
    FetchKind Kind { get; }

    /// <summary>In words, for the list.</summary>
    string What { get; }

    /// <summary>The folder's name in the end.</summary>
    string Target { get; }

    RemoteSource Source { get; }

    /// <summary>Refuses a name that another folder's has: of two the first counts, and what is fetched would not be seen.</summary>
    /// <exception cref="FetchRefused">The name is taken.</exception>
    Task CheckFreeAsync(CancellationToken cancel);

    /// <summary>Finds out what belongs to it and whether the studio can use it, before anything large is fetched.</summary>
    /// <exception cref="FetchRefused">It cannot be had, or not be used.</exception>
    /// <exception cref="RemoteRefused">For <see cref="Explain"/>.</exception>
    Task<FetchPlan> LookAsync(CancellationToken cancel);

    /// <summary>Makes the folder out of the parts and checks it; returns it. Where it fails the parts are there alone.</summary>
    /// <exception cref="FetchRefused">The disk has no room for it, or the parts are not what they should be.</exception>
    /// <exception cref="IOException">The disk does not take it.</exception>
    string Make(FetchFolder folder, DataDisk disk);

    FetchRefused Explain(RemoteRefused refused);
}

/// <param name="Origin">what the parts are parts of: another text makes parts that are here useless</param>
/// <param name="Files">small ones first</param>
internal sealed record FetchPlan(string Origin, IReadOnlyList<RemoteFile> Files);
