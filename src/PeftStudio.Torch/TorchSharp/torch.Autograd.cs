using PeftStudio.Torch;

namespace TorchSharp;

public static partial class torch
{
    public static class autograd
    {
        public static unsafe IList<Tensor> grad(
            IList<Tensor> outputs, IList<Tensor> inputs, IList<Tensor>? grad_outputs = null, bool retain_graph = false, bool create_graph = false, bool allow_unused = false)
        {
            var results = new nint[inputs.Count];
            fixed (nint* o = Native.Handles(outputs), i = Native.Handles(inputs), g = Native.Handles(grad_outputs), r = results)
                Native.Done(Native.pst_autograd_grad(
                    o, outputs.Count, i, inputs.Count, g, grad_outputs?.Count ?? 0, retain_graph ? 1 : 0, create_graph ? 1 : 0, allow_unused ? 1 : 0, r));
            GC.KeepAlive(outputs);
            GC.KeepAlive(inputs);
            GC.KeepAlive(grad_outputs);
            return Array.ConvertAll(results, handle => Native.MadeOrNull(0, handle)!);
        }

        public static void backward(
            IList<Tensor> tensors, IList<Tensor>? grad_tensors = null, bool? retain_graph = null, bool create_graph = false, IList<Tensor>? inputs = null) =>
            Run(tensors, grad_tensors, retain_graph ?? create_graph, create_graph, inputs);

        internal static unsafe void Run(IList<Tensor> tensors, IList<Tensor>? gradients, bool retainGraph, bool createGraph, IList<Tensor>? inputs)
        {
            fixed (nint* t = Native.Handles(tensors), g = Native.Handles(gradients), i = Native.Handles(inputs))
                Native.Done(Native.pst_backward(t, tensors.Count, g, gradients?.Count ?? 0, retainGraph ? 1 : 0, createGraph ? 1 : 0, i, inputs?.Count ?? 0));
            GC.KeepAlive(tensors);
            GC.KeepAlive(gradients);
            GC.KeepAlive(inputs);
        }
    }
}
