using PeftStudio.Torch;

namespace TorchSharp;

public static partial class torch
{
    public static class nn
    {
        public enum Reduction : long
        {
            None = 0,
            Mean = 1,
            Sum = 2,
        }

        public static class functional
        {
            /// <summary>x W^T + b; weights (out, in).</summary>
            public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) =>
                Native.Made(Native.pst_linear(input, weights, bias, out var result), result);

            public static Tensor layer_norm(Tensor input, long[] normalized_shape, Tensor? weight = null, Tensor? bias = null, double eps = 1e-05) =>
                Native.Made(Native.pst_layer_norm(input, normalized_shape, normalized_shape.Length, weight, bias, eps, out var result), result);

            public static Tensor gelu(Tensor x) => x.gelu();

            public static Tensor gelu(Tensor x, Modules.GELU.Approximate approximate, bool inplace = false)
            {
                OutOfPlace(inplace);
                return x.gelu(approximate);
            }

            public static Tensor relu(Tensor x, bool inplace = false) => inplace ? x.relu_() : x.relu();

            public static Tensor tanh(Tensor x, bool inplace = false) => inplace ? x.tanh_() : x.tanh();

            public static Tensor sigmoid(Tensor x) => x.sigmoid();

            public static Tensor silu(Tensor x, bool inplace = false)
            {
                OutOfPlace(inplace);
                return x.silu();
            }

            public static Tensor logsigmoid(Tensor x) => Native.Made(Native.pst_log_sigmoid(x, out var result), result);

            public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => input.softmax(dim, dtype);

            public static Tensor log_softmax(Tensor x, long dim) => x.log_softmax(dim);

            /// <summary>Draws from the default generator: where the mask belongs to a trial, multiply by bernoulli_(p, generator) instead.</summary>
            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true, bool inplace = false)
            {
                OutOfPlace(inplace);
                return Native.Made(Native.pst_dropout(input, p, training ? 1 : 0, out var result), result);
            }

            public static Tensor cross_entropy(
                Tensor input, Tensor target, Tensor? weight = null, long ignore_index = -100, Reduction reduction = Reduction.Mean, double label_smoothing = 0) =>
                Native.Made(Native.pst_cross_entropy(input, target, weight, ignore_index, (long)reduction, label_smoothing, out var result), result);

            public static Tensor mse_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) =>
                Native.Made(Native.pst_mse_loss(input, target, (long)reduction, out var result), result);

            public static Tensor binary_cross_entropy_with_logits(
                Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean, Tensor? pos_weights = null) =>
                Native.Made(Native.pst_binary_cross_entropy_with_logits(input, target, weight, pos_weights, (long)reduction, out var result), result);

            public static Tensor one_hot(Tensor x, long num_classes = -1) => Native.Made(Native.pst_one_hot(x, num_classes, out var result), result);

            /// <summary>query, key, value (batch, heads, time, headSize); libtorch's own from 2.1, composed before.</summary>
            public static Tensor scaled_dot_product_attention(
                Tensor query, Tensor key, Tensor value, Tensor? attn_mask = null, double p = 0.0, bool is_casual = false) =>
                Native.Made(Native.pst_scaled_dot_product_attention(query, key, value, attn_mask, p, is_casual ? 1 : 0, out var result), result);

            private static void OutOfPlace(bool inplace)
            {
                if (inplace)
                    throw new NotSupportedException("inplace is not in this subset of TorchSharp for this function");
            }
        }
    }
}
