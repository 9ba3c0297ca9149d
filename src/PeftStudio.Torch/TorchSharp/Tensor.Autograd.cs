using PeftStudio.Torch;

namespace TorchSharp;

public static partial class torch
{
    public sealed partial class Tensor
    {
        public bool requires_grad
        {
            get => Native.Yes(Native.pst_requires_grad(this, out var yes), yes);
            set => Native.Done(Native.pst_set_requires_grad(this, value ? 1 : 0));
        }

        public bool is_leaf => Native.Yes(Native.pst_is_leaf(this, out var yes), yes);

        /// <summary>The gradient backward() has left here; null before. A tensor of its own every time, over the same memory.</summary>
        public Tensor? grad
        {
            get => Native.MadeOrNull(Native.pst_grad(this, out var result), result);
            set => Native.Done(Native.pst_set_grad(this, value));
        }

        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        public Tensor with_requires_grad(bool requires_grad = true) => requires_grad_(requires_grad);

        public void retain_grad() => Native.Done(Native.pst_retain_grad(this));

        public void backward() => autograd.Run([this], gradients: null, retainGraph: false, createGraph: false, inputs: null);

        public void backward(IList<Tensor>? grad_tensors = null, bool retain_graph = false, bool create_graph = false, IList<Tensor>? inputs = null) =>
            autograd.Run([this], grad_tensors, retain_graph, create_graph, inputs);

        public Tensor detach() => Native.Made(Native.pst_detach(this, out var result), result);

        public Tensor detach_()
        {
            Native.Done(Native.pst_detach_(this));
            return this;
        }
    }
}
