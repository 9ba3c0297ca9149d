using PeftStudio.Torch;

namespace TorchSharp;

public static partial class torch
{
    public sealed partial class Tensor
    {
        public Tensor abs() => Native.Made(Native.pst_abs(this, out var result), result);

        public Tensor neg() => Native.Made(Native.pst_neg(this, out var result), result);

        public Tensor exp() => Native.Made(Native.pst_exp(this, out var result), result);

        public Tensor log() => Native.Made(Native.pst_log(this, out var result), result);

        public Tensor log1p() => Native.Made(Native.pst_log1p(this, out var result), result);

        public Tensor sqrt() => Native.Made(Native.pst_sqrt(this, out var result), result);

        public Tensor rsqrt() => Native.Made(Native.pst_rsqrt(this, out var result), result);

        public Tensor square() => Native.Made(Native.pst_square(this, out var result), result);

        public Tensor sign() => Native.Made(Native.pst_sign(this, out var result), result);

        public Tensor sin() => Native.Made(Native.pst_sin(this, out var result), result);

        public Tensor cos() => Native.Made(Native.pst_cos(this, out var result), result);

        public Tensor floor() => Native.Made(Native.pst_floor(this, out var result), result);

        public Tensor reciprocal() => Native.Made(Native.pst_reciprocal(this, out var result), result);

        public Tensor tanh() => Native.Made(Native.pst_tanh(this, out var result), result);

        public Tensor sigmoid() => Native.Made(Native.pst_sigmoid(this, out var result), result);

        public Tensor relu() => Native.Made(Native.pst_relu(this, out var result), result);

        public Tensor silu() => Native.Made(Native.pst_silu(this, out var result), result);

        public Tensor erf() => Native.Made(Native.pst_erf(this, out var result), result);

        public Tensor isnan() => Native.Made(Native.pst_isnan(this, out var result), result);

        public Tensor isinf() => Native.Made(Native.pst_isinf(this, out var result), result);

        public Tensor isfinite() => Native.Made(Native.pst_isfinite(this, out var result), result);

        public Tensor logical_not() => Native.Made(Native.pst_logical_not(this, out var result), result);

        public Tensor clone() => Native.Made(Native.pst_clone(this, out var result), result);

        public Tensor contiguous() => Native.Made(Native.pst_contiguous(this, out var result), result);

        public Tensor alias() => Native.Made(Native.pst_alias(this, out var result), result);

        public Tensor gelu() => Native.Made(Native.pst_gelu(this, tanh: 0, out var result), result);

        public Tensor gelu(Modules.GELU.Approximate approximate) =>
            Native.Made(Native.pst_gelu(this, approximate == Modules.GELU.Approximate.tanh ? 1 : 0, out var result), result);

        public Tensor zero_()
        {
            Native.Done(Native.pst_zero_(this));
            return this;
        }

        public Tensor abs_()
        {
            Native.Done(Native.pst_abs_(this));
            return this;
        }

        public Tensor neg_()
        {
            Native.Done(Native.pst_neg_(this));
            return this;
        }

        public Tensor exp_()
        {
            Native.Done(Native.pst_exp_(this));
            return this;
        }

        public Tensor log_()
        {
            Native.Done(Native.pst_log_(this));
            return this;
        }

        public Tensor sqrt_()
        {
            Native.Done(Native.pst_sqrt_(this));
            return this;
        }

        public Tensor rsqrt_()
        {
            Native.Done(Native.pst_rsqrt_(this));
            return this;
        }

        public Tensor relu_()
        {
            Native.Done(Native.pst_relu_(this));
            return this;
        }

        public Tensor tanh_()
        {
            Native.Done(Native.pst_tanh_(this));
            return this;
        }

        public Tensor sigmoid_()
        {
            Native.Done(Native.pst_sigmoid_(this));
            return this;
        }

        public Tensor softmax(long dim, ScalarType? dtype = null) => Native.Made(Native.pst_softmax(this, dim, Code(dtype), out var result), result);

        public Tensor log_softmax(long dim, ScalarType? dtype = null) => Native.Made(Native.pst_log_softmax(this, dim, Code(dtype), out var result), result);
    }
}
