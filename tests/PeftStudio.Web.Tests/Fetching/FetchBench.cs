using Microsoft.Extensions.Logging.Abstractions;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Tests;
using PeftStudio.Tests.Hub;
using PeftStudio.Web.Assets;
using PeftStudio.Web.Fetching;
using PeftStudio.Web.Hosting;

namespace PeftStudio.Web.Tests.Fetching;

/// <summary>Fetching alone: a played hub, a data folder of its own, no database and no web around it.</summary>
internal sealed class FetchBench : IAsyncDisposable
{
    public const string Repository = "someone/tiny-bert";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TempFolder data = new();
    private FetchDesk desk;

    public FetchBench(FetchDisk? disk = null, long mostBytes = 100_000_000, IReadOnlyDictionary<string, string>? checksums = null)
    {
        Settings = new StudioSettings
        {
            Address = new Uri("http://127.0.0.1:5080"),
            Hosts = [],
            BackboneFolders = [data["backbones"]],
            TaskFolders = [data["tasks"]],
            UploadedBackbones = data["backbones"],
            UploadedTasks = data["tasks"],
            UploadBytes = mostBytes,
            Hub = Hub.Address,
            Glue = Hub.Address,
            GlueSha256 = checksums ?? new Dictionary<string, string>(StringComparer.Ordinal),
            SampleStudy = "",
            Connection = "",
        };
        (desk, Orders) = Start(disk ?? FetchDisk.Real);
    }

    public PlayedHub Hub { get; } = new();

    public StudioSettings Settings { get; }

    public FetchOrders Orders { get; private set; }

    public FetchDesk Desk => desk;

    /// <summary>The weights of the tiny repository: two tensors, some 400 kB.</summary>
    public static byte[] Weights { get; } = SafetensorsWriter.ToBytes([Tensor("bert.embeddings.word_embeddings.weight", 1), Tensor("bert.encoder.layer.0.output.dense.weight", 2)]);

    public static byte[] Config { get; } = File.ReadAllBytes(Path.Join(Folders.Repository, "samples", "backbones", "sample", "config.json"));

    public static byte[] Vocabulary { get; } = File.ReadAllBytes(Path.Join(Folders.Repository, "samples", "backbones", "sample", "vocab.txt"));

    public string Backbones => data["backbones"];

    public string Tasks => data["tasks"];

    public string WeightsPath => PlayedHub.Resolve(Repository, Hub.Commit, "model.safetensors");

    public void AddTiny() => Hub.Add(Repository, ("config.json", Config), ("vocab.txt", Vocabulary), ("model.safetensors", Weights), ("pytorch_model.bin", [0x80, 2]), ("README.md", [1]));

    /// <summary>Starts the fetch of the tiny repository and waits until it has ended.</summary>
    public async Task<FetchView> FetchAsync(string repository = Repository, string? target = null, string? revision = null) =>
        await EndAsync(await Orders.BackboneAsync(repository, revision, target, CancellationToken.None));

    public async Task<FetchView> EndAsync(FetchView started) => await UntilAsync(started.Id, view => !view.IsGoingOn);

    public async Task<FetchView> UntilAsync(int id, Func<FetchView, bool> condition)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            var view = desk.Find(id) ?? throw new InvalidOperationException($"no fetch {id}");
            if (condition(view))
                return view;
            limit.IsCancellationRequested.ShouldBeFalse($"after {Patience}: {view}");
            await Task.Delay(10, CancellationToken.None);
        }
    }

    /// <summary>Another process of the studio on the same data folder.</summary>
    public async Task RestartAsync(FetchDisk? disk = null)
    {
        await desk.DisposeAsync();
        Orders.Dispose();
        (desk, Orders) = Start(disk ?? FetchDisk.Real);
    }

    /// <summary>The names of all files below the data folder, hidden ones too.</summary>
    public IReadOnlyList<string> Files() =>
        [.. Directory.EnumerateFiles(data.Path, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }).Select(file => Path.GetRelativePath(data.Path, file)).Order(StringComparer.Ordinal)];

    public async ValueTask DisposeAsync()
    {
        await desk.DisposeAsync();
        Orders.Dispose();
        Hub.Dispose();
        data.Dispose();
    }

    private (FetchDesk Desk, FetchOrders Orders) Start(FetchDisk disk)
    {
        var started = new FetchDesk(Settings, disk, TimeProvider.System, NullLogger<FetchDesk>.Instance);
        return (started, new FetchOrders(Settings, new AssetShelf(Settings), started));
    }

    private static SafetensorsTensor Tensor(string key, int seed) =>
        SafetensorsTensor.FromFloats(key, [.. Enumerable.Range(0, 50_000).Select(i => (float)((i * 7919 * seed) % 1000))], 500, 100);
}
