using PeftStudio.Torch;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>No gradients are recorded by this thread until the result is disposed.</summary>
    public static IDisposable no_grad() => new GradMode(on: false);

    public static IDisposable enable_grad(bool enabled = true) => new GradMode(enabled);

    public static IDisposable set_grad_enabled(bool mode = true) => new GradMode(mode);

    public static bool is_grad_enabled() => Native.Yes(Native.pst_get_grad_enabled(out var on), on);

    private sealed class GradMode : IDisposable
    {
        private readonly bool _before = is_grad_enabled();

        public GradMode(bool on) => Native.Done(Native.pst_set_grad_enabled(on ? 1 : 0));

        public void Dispose() => Native.Done(Native.pst_set_grad_enabled(_before ? 1 : 0));
    }
}
