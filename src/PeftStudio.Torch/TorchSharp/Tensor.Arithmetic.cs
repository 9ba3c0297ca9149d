using PeftStudio.Torch;

namespace TorchSharp;

public static partial class torch
{
    public sealed partial class Tensor
    {
        public Tensor add(Tensor target) => Native.Made(Native.pst_add(this, target, Number.One, out var result), result);

        public Tensor add(Tensor target, Scalar alpha) => Native.Made(Native.pst_add(this, target, alpha.Value, out var result), result);

        public Tensor add(Scalar scalar) => Native.Made(Native.pst_add_scalar(this, scalar.Value, out var result), result);

        public Tensor add_(Tensor target)
        {
            Native.Done(Native.pst_add_(this, target, Number.One));
            return this;
        }

        public Tensor add_(Tensor target, Scalar alpha)
        {
            Native.Done(Native.pst_add_(this, target, alpha.Value));
            return this;
        }

        public Tensor add_(Scalar scalar)
        {
            Native.Done(Native.pst_add_scalar_(this, scalar.Value));
            return this;
        }

        public Tensor sub(Tensor target) => Native.Made(Native.pst_sub(this, target, Number.One, out var result), result);

        public Tensor sub(Scalar target) => Native.Made(Native.pst_sub_scalar(this, target.Value, out var result), result);

        public Tensor sub_(Tensor target)
        {
            Native.Done(Native.pst_sub_(this, target, Number.One));
            return this;
        }

        public Tensor sub_(Scalar target)
        {
            Native.Done(Native.pst_sub_scalar_(this, target.Value));
            return this;
        }

        public Tensor mul(Tensor target) => Native.Made(Native.pst_mul(this, target, out var result), result);

        public Tensor mul(Scalar target) => Native.Made(Native.pst_mul_scalar(this, target.Value, out var result), result);

        public Tensor mul_(Tensor target)
        {
            Native.Done(Native.pst_mul_(this, target));
            return this;
        }

        public Tensor mul_(Scalar target)
        {
            Native.Done(Native.pst_mul_scalar_(this, target.Value));
            return this;
        }

        public Tensor div(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => rounding_mode == RoundingMode.None
            ? Native.Made(Native.pst_div(this, target, out var exact), exact)
            : Native.Made(Native.pst_div_rounded(this, target, rounding_mode == RoundingMode.floor ? 1 : 0, out var rounded), rounded);

        public Tensor div(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => rounding_mode == RoundingMode.None
            ? Native.Made(Native.pst_div_scalar(this, target.Value, out var exact), exact)
            : Native.Made(Native.pst_div_scalar_rounded(this, target.Value, rounding_mode == RoundingMode.floor ? 1 : 0, out var rounded), rounded);

        public Tensor div_(Tensor target, RoundingMode rounding_mode = RoundingMode.None)
        {
            Unrounded(rounding_mode);
            Native.Done(Native.pst_div_(this, target));
            return this;
        }

        public Tensor div_(Scalar target, RoundingMode rounding_mode = RoundingMode.None)
        {
            Unrounded(rounding_mode);
            Native.Done(Native.pst_div_scalar_(this, target.Value));
            return this;
        }

        public Tensor pow(Scalar exponent) => Native.Made(Native.pst_pow_scalar(this, exponent.Value, out var result), result);

        public Tensor pow(Tensor exponent) => Native.Made(Native.pst_pow(this, exponent, out var result), result);

        public Tensor pow_(Scalar exponent)
        {
            Native.Done(Native.pst_pow_scalar_(this, exponent.Value));
            return this;
        }

        public Tensor fill_(Scalar value)
        {
            Native.Done(Native.pst_fill_(this, value.Value));
            return this;
        }

        public unsafe Tensor clamp(Scalar? min = null, Scalar? max = null)
        {
            var (low, high) = (min?.Value ?? default, max?.Value ?? default);
            return Native.Made(Native.pst_clamp(this, min is null ? null : &low, max is null ? null : &high, out var result), result);
        }

        public unsafe Tensor clamp_(Scalar? min = null, Scalar? max = null)
        {
            var (low, high) = (min?.Value ?? default, max?.Value ?? default);
            Native.Done(Native.pst_clamp_(this, min is null ? null : &low, max is null ? null : &high));
            return this;
        }

        public Tensor clamp_min(Scalar min) => clamp(min: min);

        public Tensor clamp_max(Scalar max) => clamp(max: max);

        public Tensor clamp_min_(Scalar min) => clamp_(min: min);

        public Tensor clamp_max_(Scalar max) => clamp_(max: max);

        public Tensor addcmul(Tensor tensor1, Tensor tensor2, Scalar value) => Native.Made(Native.pst_addcmul(this, tensor1, tensor2, value.Value, out var result), result);

        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value)
        {
            Native.Done(Native.pst_addcmul_(this, tensor1, tensor2, value.Value));
            return this;
        }

        public Tensor addcdiv(Tensor tensor1, Tensor tensor2, Scalar value) => Native.Made(Native.pst_addcdiv(this, tensor1, tensor2, value.Value, out var result), result);

        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value)
        {
            Native.Done(Native.pst_addcdiv_(this, tensor1, tensor2, value.Value));
            return this;
        }

        public Tensor lerp_(Tensor end, Tensor weight)
        {
            Native.Done(Native.pst_lerp_(this, end, weight));
            return this;
        }

        private static void Unrounded(RoundingMode mode)
        {
            if (mode != RoundingMode.None)
                throw new NotSupportedException($"div_ with rounding {mode}: use div");
        }
    }
}
