using PeftStudio.Models.Backbones;
using PeftStudio.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

[CollectionDefinition(nameof(LiveTensorTests), DisableParallelization = true)]
public sealed class CountsAlone;

/// <summary>The counter of live tensors is the process's, so nothing else may run beside.</summary>
[Collection(nameof(LiveTensorTests))]
public sealed class LiveTensorTests
{
    [Theory]
    [InlineData("bert")]
    [InlineData("roberta")]
    public void A_trial_and_its_backbone_leave_no_tensor_behind(string model)
    {
        using var files = new TinyBackbone(model);
        Trial(files);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = NativeRuntime.LiveTensors;
        Trial(files);
        NativeRuntime.LiveTensors.ShouldBe(before);
    }

    private static void Trial(TinyBackbone files)
    {
        using var backbone = files.Load();
        var loaded = NativeRuntime.LiveTensors;
        using (var tuned = MethodCases.Create(backbone, "adapter+bitfit+lora+prefix|-|adapter+lora|prefix"))
        using (var batch = TinyBackbone.Batch(backbone.Config.PadTokenId))
        {
            var context = ForwardContext.Training(3);
            var made = NativeRuntime.LiveTensors;
            for (var step = 0; step < 3; step++)
            {
                using var labels = tensor(new long[] { 2, 0 });
                using var logits = tuned.Forward(batch, context);
                using var loss = tuned.Head.Loss(logits, labels);
                loss.backward();
            }
            NativeRuntime.LiveTensors.ShouldBe(made);
            using (tuned.Parameters.Snapshot())
            {
            }
            NativeRuntime.LiveTensors.ShouldBe(made);
        }
        NativeRuntime.LiveTensors.ShouldBe(loaded);
    }
}
