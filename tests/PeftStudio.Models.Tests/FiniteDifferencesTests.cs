using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

/// <summary>What the tests of gradients would find.</summary>
public sealed class FiniteDifferencesTests
{
    private const string Down = "encoder.layer.0.attention.self.query.lora.down";

    [Fact]
    public void Gradients_that_are_right_pass() => Check(_ => { });

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(31)]
    public void One_number_that_is_a_hundredth_off_is_found(int at) => ShouldBeFound(gradient => gradient.view(-1)[at].mul_(1.01));

    [Fact]
    public void Two_rows_in_each_others_place_are_found() => ShouldBeFound(gradient => gradient.copy_(gradient.flip(0)));

    [Fact]
    public void A_small_gradient_that_is_missing_is_found() => ShouldBeFound(gradient => gradient.zero_(), scale: 1e-5);

    private static void ShouldBeFound(Action<Tensor> spoil, double scale = 1) => Should.Throw<ShouldAssertException>(() => Check(spoil, scale)).Message.ShouldContain(Down);

    /// <param name="spoil">changes the gradient of LoRA's first matrix, (2, 16)</param>
    /// <param name="scale">of the loss</param>
    private static void Check(Action<Tensor> spoil, double scale = 1)
    {
        using var scope = NewDisposeScope();
        using var files = new TinyModel("bert");
        using var backbone = files.Load(ScalarType.Float64);
        using var tuned = MethodCases.Create(backbone, "lora|-|-|-");
        TrainedAdapter.Disturb(tuned);
        using var batch = TinyModel.Batch(backbone);
        Tensor Loss() => tuned.Loss(batch, tensor(new long[] { 2, 0 }), ForwardContext.Evaluation).mul(scale);
        Loss().backward();
        using (no_grad())
            spoil(tuned.Parameters[Down].Value.grad!);
        FiniteDifferences.ShouldBeTheGradients(tuned.Parameters.Parameters, () => Loss().ToDouble());
    }
}
