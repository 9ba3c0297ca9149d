using PeftStudio.Torch;

[assembly: AssemblyFixture(typeof(PeftStudio.Tests.NativeLibrary))]

namespace PeftStudio.Tests;

/// <summary>Every test here needs the native file: without it one clear sentence, not hundreds of failures to guess from.</summary>
public sealed class NativeLibrary
{
    public NativeLibrary()
    {
        if (NativeRuntime.LibraryPath is null)
            throw new InvalidOperationException("libpeftstudio_torch.so is missing: run src/PeftStudio.Torch/native/build.sh");
        NativeRuntime.UseThreads(2);
    }
}
