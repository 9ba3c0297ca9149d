using PeftStudio.Torch;

namespace TorchSharp;

public static partial class torch
{
    public sealed partial class Tensor
    {
        public Tensor sum(ScalarType? type = null) => Native.Made(Native.pst_sum(this, [], 0, keepdim: 0, Code(type), out var result), result);

        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) => sum([dim], keepdim, type);

        public Tensor sum(ReadOnlySpan<long> dim, bool keepdim = false, ScalarType? type = null) =>
            Native.Made(Native.pst_sum(this, dim, dim.Length, keepdim ? 1 : 0, Code(type), out var result), result);

        public Tensor mean() => Native.Made(Native.pst_mean(this, [], 0, keepdim: 0, Code(null), out var result), result);

        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null) =>
            Native.Made(Native.pst_mean(this, dimensions, dimensions.Length, keepdim ? 1 : 0, Code(type), out var result), result);

        public Tensor var(bool unbiased = true) => Native.Made(Native.pst_var(this, [], 0, unbiased ? 1 : 0, keepdim: 0, out var result), result);

        public Tensor var(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
        {
            SameType(type);
            return Native.Made(Native.pst_var(this, [dim], 1, unbiased ? 1 : 0, keepdim ? 1 : 0, out var result), result);
        }

        public Tensor std(bool unbiased = true) => Native.Made(Native.pst_std(this, [], 0, unbiased ? 1 : 0, keepdim: 0, out var result), result);

        public Tensor std(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
        {
            SameType(type);
            return Native.Made(Native.pst_std(this, [dim], 1, unbiased ? 1 : 0, keepdim ? 1 : 0, out var result), result);
        }

        public Tensor norm(float p = 2) => Native.Made(Native.pst_norm(this, p, out var result), result);

        public Tensor norm(int dim, bool keepdim = false, float p = 2) =>
            Native.Made(Native.pst_norm_along(this, dim, keepdim ? 1 : 0, p, out var result), result);

        public Tensor all() => Native.Made(Native.pst_all(this, out var result), result);

        public Tensor all(long dim, bool keepdim = false) => Native.Made(Native.pst_all_along(this, dim, keepdim ? 1 : 0, out var result), result);

        public Tensor any() => Native.Made(Native.pst_any(this, out var result), result);

        public Tensor any(long dim, bool keepdim = false) => Native.Made(Native.pst_any_along(this, dim, keepdim ? 1 : 0, out var result), result);

        public Tensor argmax() => Native.Made(Native.pst_argmax(this, out var result), result);

        public Tensor argmax(long dim, bool keepdim = false) => Native.Made(Native.pst_argmax_along(this, dim, keepdim ? 1 : 0, out var result), result);

        public Tensor argmin() => Native.Made(Native.pst_argmin(this, out var result), result);

        public Tensor argmin(long dim, bool keepdim = false) => Native.Made(Native.pst_argmin_along(this, dim, keepdim ? 1 : 0, out var result), result);

        public Tensor logsumexp(long dim, bool keepdim = false) => Native.Made(Native.pst_logsumexp(this, dim, keepdim ? 1 : 0, out var result), result);

        public Tensor max() => Native.Made(Native.pst_max(this, out var result), result);

        public Tensor min() => Native.Made(Native.pst_min(this, out var result), result);

        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false)
        {
            Native.Done(Native.pst_max_along(this, dim, keepdim ? 1 : 0, out var values, out var indices));
            return (new Tensor(values), new Tensor(indices));
        }

        public (Tensor values, Tensor indexes) min(long dim, bool keepdim = false)
        {
            Native.Done(Native.pst_min_along(this, dim, keepdim ? 1 : 0, out var values, out var indices));
            return (new Tensor(values), new Tensor(indices));
        }

        public (Tensor values, Tensor indexes) topk(int k, int dim = -1, bool largest = true, bool sorted = true)
        {
            Native.Done(Native.pst_topk(this, k, dim, largest ? 1 : 0, sorted ? 1 : 0, out var values, out var indices));
            return (new Tensor(values), new Tensor(indices));
        }

        public Tensor cumsum(long dim, ScalarType? type = null) => Native.Made(Native.pst_cumsum(this, dim, Code(type), out var result), result);

        internal static int Code(ScalarType? type) => type is { } given ? (int)given : -1;

        private void SameType(ScalarType? type)
        {
            if (type is { } wanted && wanted != dtype)
                throw new NotSupportedException($"a result of type {wanted} for a tensor of type {dtype}: convert with to_type() first");
        }
    }
}
