using PeftStudio.Torch;
using TorchSharp;

namespace PeftStudio.Tests;

/// <summary>What our face of TorchSharp offers, TorchSharp 0.107 offers too, letter by letter; what is ours alone sits in the few types named here.</summary>
public sealed class TorchSharpApiTests
{
    private static readonly string[] OursAlone =
        [nameof(AdamWSettings), nameof(AttentionDropout), nameof(Kernels), nameof(MappedTensors), nameof(NativeRuntime), nameof(TorchOutOfMemoryException)];

    // A module there, only the place of its enum here.
    private const string EnumHolder = "TorchSharp.Modules.GELU: static class";

    [Fact]
    public void Every_public_member_is_a_public_member_of_TorchSharp()
    {
        var listed = File.ReadAllLines(Folders.RequireShared("torchsharp", "api-0.107.txt")).ToHashSet(StringComparer.Ordinal);
        var ours = ApiListing.Of(typeof(torch).Assembly.GetExportedTypes().Where(t => t.Namespace is "TorchSharp" or "TorchSharp.Modules"));
        ours.Count.ShouldBeGreaterThan(300);
        ours.Where(line => line != EnumHolder && !listed.Contains(line)).ShouldBeEmpty();
    }

    [Fact]
    public void A_member_that_TorchSharp_lacks_would_be_found()
    {
        var listed = File.ReadAllLines(Folders.RequireShared("torchsharp", "api-0.107.txt")).ToHashSet(StringComparer.Ordinal);
        ApiListing.Of([typeof(NativeRuntime)]).ShouldAllBe(line => !listed.Contains(line));
    }

    [Fact]
    public void The_listing_is_of_the_reference_format()
    {
        var lines = ApiListing.Of([typeof(torch.Tensor), typeof(torch.nn.functional), typeof(torch.Device), typeof(torch.RoundingMode)]);
        lines.ShouldContain("torch.RoundingMode: enum None=0, trunc=1, floor=2");
        lines.ShouldContain("torch.Device: new(DeviceType deviceType, Int32 index = -1)");
        lines.ShouldContain("torch.Tensor: torch.Tensor TensorItems[Int64 i1, Int64 i2] { get; set; }");
        lines.ShouldContain("torch.nn.functional: static torch.Tensor gelu(torch.Tensor x, GELU.Approximate approximate, Boolean inplace = false)");
    }

    [Fact]
    public void Nothing_else_of_ours_is_public()
    {
        var others = typeof(torch).Assembly.GetExportedTypes().Where(t => t.Namespace is not ("TorchSharp" or "TorchSharp.Modules" or "TorchSharp.Utils"));
        others.Select(t => t.Name).Order(StringComparer.Ordinal).ShouldBe(OursAlone);
    }
}
