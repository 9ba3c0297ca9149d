using PeftStudio.Torch;

namespace TorchSharp;

public static partial class torch
{
    public sealed partial class Tensor
    {
        public Tensor view(params long[] shape) => Native.Made(Native.pst_view(this, shape, shape.Length, out var result), result);

        public Tensor reshape(params long[] shape) => Native.Made(Native.pst_reshape(this, shape, shape.Length, out var result), result);

        public Tensor expand(params long[] sizes) => Native.Made(Native.pst_expand(this, sizes, sizes.Length, out var result), result);

        public Tensor permute(params long[] permutation) => Native.Made(Native.pst_permute(this, permutation, permutation.Length, out var result), result);

        public Tensor repeat(params long[] sizes) => Native.Made(Native.pst_repeat(this, sizes, sizes.Length, out var result), result);

        public Tensor flip(params long[] dims) => Native.Made(Native.pst_flip(this, dims, dims.Length, out var result), result);

        public Tensor transpose(long dim0, long dim1) => Native.Made(Native.pst_transpose(this, dim0, dim1, out var result), result);

        public Tensor t() => Native.Made(Native.pst_t(this, out var result), result);

        public Tensor mT => transpose(-2, -1);

        public Tensor flatten(long start_dim = 0, long end_dim = -1) => Native.Made(Native.pst_flatten(this, start_dim, end_dim, out var result), result);

        public Tensor unsqueeze(long dim) => Native.Made(Native.pst_unsqueeze(this, dim, out var result), result);

        public Tensor squeeze(long? dim = null) => dim is { } at
            ? Native.Made(Native.pst_squeeze_at(this, at, out var one), one)
            : Native.Made(Native.pst_squeeze(this, out var all), all);

        public Tensor expand_as(Tensor other) => Native.Made(Native.pst_expand_as(this, other, out var result), result);

        public Tensor view_as(Tensor other) => Native.Made(Native.pst_view_as(this, other, out var result), result);

        public Tensor tril(long diagonal = 0) => Native.Made(Native.pst_tril(this, diagonal, out var result), result);

        public Tensor triu(long diagonal = 0) => Native.Made(Native.pst_triu(this, diagonal, out var result), result);
    }
}
