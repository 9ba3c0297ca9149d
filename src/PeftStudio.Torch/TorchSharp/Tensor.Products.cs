using PeftStudio.Torch;

namespace TorchSharp;

public static partial class torch
{
    public sealed partial class Tensor
    {
        public Tensor matmul(Tensor target) => Native.Made(Native.pst_matmul(this, target, out var result), result);

        public Tensor mm(Tensor target) => Native.Made(Native.pst_mm(this, target, out var result), result);

        public Tensor bmm(Tensor batch2) => Native.Made(Native.pst_bmm(this, batch2, out var result), result);

        public Tensor dot(Tensor target) => Native.Made(Native.pst_dot(this, target, out var result), result);

        public Tensor addmm(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) =>
            Native.Made(Native.pst_addmm(this, mat1, mat2, beta, alpha, out var result), result);

        public Tensor baddbmm(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) =>
            Native.Made(Native.pst_baddbmm(this, batch1, batch2, beta, alpha, out var result), result);
    }
}
