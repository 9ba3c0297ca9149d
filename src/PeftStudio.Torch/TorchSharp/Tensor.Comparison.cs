using PeftStudio.Torch;

namespace TorchSharp;

public static partial class torch
{
    public sealed partial class Tensor
    {
        public Tensor eq(Tensor target) => Native.Made(Native.pst_eq(this, target, out var result), result);

        public Tensor ne(Tensor target) => Native.Made(Native.pst_ne(this, target, out var result), result);

        public Tensor gt(Tensor target) => Native.Made(Native.pst_gt(this, target, out var result), result);

        public Tensor ge(Tensor target) => Native.Made(Native.pst_ge(this, target, out var result), result);

        public Tensor lt(Tensor target) => Native.Made(Native.pst_lt(this, target, out var result), result);

        public Tensor le(Tensor target) => Native.Made(Native.pst_le(this, target, out var result), result);

        public Tensor eq(Scalar target) => Native.Made(Native.pst_eq_scalar(this, target.Value, out var result), result);

        public Tensor ne(Scalar target) => Native.Made(Native.pst_ne_scalar(this, target.Value, out var result), result);

        public Tensor gt(Scalar target) => Native.Made(Native.pst_gt_scalar(this, target.Value, out var result), result);

        public Tensor ge(Scalar target) => Native.Made(Native.pst_ge_scalar(this, target.Value, out var result), result);

        public Tensor lt(Scalar target) => Native.Made(Native.pst_lt_scalar(this, target.Value, out var result), result);

        public Tensor le(Scalar target) => Native.Made(Native.pst_le_scalar(this, target.Value, out var result), result);

        public Tensor logical_and(Tensor other) => Native.Made(Native.pst_logical_and(this, other, out var result), result);

        public Tensor logical_or(Tensor other) => Native.Made(Native.pst_logical_or(this, other, out var result), result);

        public Tensor bitwise_and(Tensor other) => Native.Made(Native.pst_bitwise_and(this, other, out var result), result);

        public Tensor maximum(Tensor other) => Native.Made(Native.pst_maximum(this, other, out var result), result);

        public Tensor minimum(Tensor other) => Native.Made(Native.pst_minimum(this, other, out var result), result);

        public static Tensor operator ==(Tensor left, Tensor right) => left.eq(right);

        public static Tensor operator ==(Tensor left, Scalar right) => left.eq(right);

        public static Tensor operator !=(Tensor left, Tensor right) => left.ne(right);

        public static Tensor operator !=(Tensor left, Scalar right) => left.ne(right);

        public static Tensor operator >(Tensor left, Tensor right) => left.gt(right);

        public static Tensor operator >(Tensor left, Scalar right) => left.gt(right);

        public static Tensor operator >=(Tensor left, Tensor right) => left.ge(right);

        public static Tensor operator >=(Tensor left, Scalar right) => left.ge(right);

        public static Tensor operator <(Tensor left, Tensor right) => left.lt(right);

        public static Tensor operator <(Tensor left, Scalar right) => left.lt(right);

        public static Tensor operator <=(Tensor left, Tensor right) => left.le(right);

        public static Tensor operator <=(Tensor left, Scalar right) => left.le(right);

        public static Tensor operator &(Tensor left, Tensor right) => left.bitwise_and(right);

        public static Tensor operator |(Tensor left, Tensor right) => Native.Made(Native.pst_bitwise_or(left, right, out var result), result);

        public static Tensor operator ~(Tensor left) => Native.Made(Native.pst_bitwise_not(left, out var result), result);
    }
}
