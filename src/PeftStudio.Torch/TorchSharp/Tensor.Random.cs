using PeftStudio.Torch;

namespace TorchSharp;

public static partial class torch
{
    public sealed partial class Tensor
    {
        public Tensor bernoulli_(double p = 0.5, Generator? generator = null)
        {
            Native.Done(Native.pst_bernoulli_(this, p, generator));
            return this;
        }

        public Tensor bernoulli(Generator? generator = null) => Native.Made(Native.pst_bernoulli(this, generator, out var result), result);

        public Tensor normal_(double mean = 0, double std = 1, Generator? generator = null)
        {
            Native.Done(Native.pst_normal_(this, mean, std, generator));
            return this;
        }

        public Tensor uniform_(double from, double to, Generator? generator = null)
        {
            Native.Done(Native.pst_uniform_(this, from, to, generator));
            return this;
        }
    }
}
