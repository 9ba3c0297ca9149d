namespace PeftStudio.Training.Tests;

public sealed class NumericProfileTests
{
    private const string A100 = "Model: \t\t NVIDIA A100-SXM4-80GB\nIRQ:   \t\t 70\nGPU UUID: \t GPU-1\n";
    private const string T4 = "Model: \t\t Tesla T4\nIRQ:   \t\t 71\n";

    [Fact]
    public void A_gpu_is_named_by_its_model_not_by_its_place()
    {
        NumericProfile.GpuModel(TorchSharp.torch.device("cuda:1"), [A100, A100]).ShouldBe("NVIDIA A100-SXM4-80GB");
        NumericProfile.GpuModel(TorchSharp.torch.device("cuda:0"), [T4]).ShouldBe("Tesla T4");
        NumericProfile.GpuModel(TorchSharp.torch.device("cuda:1"), [T4, A100]).ShouldBe("cuda:1 of NVIDIA A100-SXM4-80GB and Tesla T4");
        NumericProfile.GpuModel(TorchSharp.torch.device("cuda:0"), []).ShouldBe("cuda:0 of CUDA");
    }
}
