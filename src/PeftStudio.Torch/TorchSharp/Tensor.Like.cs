using PeftStudio.Torch;

namespace TorchSharp;

public static partial class torch
{
    public sealed partial class Tensor
    {
        public Tensor empty_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Like(0, dtype, device, requires_grad);

        public Tensor zeros_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Like(1, dtype, device, requires_grad);

        public Tensor ones_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Like(2, dtype, device, requires_grad);

        public Tensor rand_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Like(3, dtype, device, requires_grad);

        public Tensor randn_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Like(4, dtype, device, requires_grad);

        private Tensor Like(int fill, ScalarType? dtype, Device? device, bool requiresGrad)
        {
            var made = Native.Made(Native.pst_like(this, fill, Code(dtype), device is null ? -1 : (int)device.type, device?.index ?? -1, out var result), result);
            made.requires_grad = requiresGrad;
            return made;
        }
    }
}
