using static TorchSharp.torch;

namespace PeftStudio.Training.Tests;

public sealed class GradientNormTests
{
    [Theory]
    [InlineData(1.0)]
    [InlineData(100.0)]
    public void Two_buffers_are_clipped_as_one_would_be(double most)
    {
        using var scope = NewDisposeScope();
        var (one, two) = (tensor([3f, 0f]), tensor([0f, 4f, 12f]));
        var whole = cat([one, two], 0);

        GradientNorm.Clip([whole], most);
        GradientNorm.Clip([one, two], most);

        cat([one, two], 0).data<float>().ToArray().Zip(whole.data<float>().ToArray(), (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThan(1e-6f);
        whole.norm().item<float>().ShouldBe((float)Math.Min(most, 13), 1e-5f);
    }
}
