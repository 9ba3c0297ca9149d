using System.Runtime.InteropServices;
using TorchSharp;

namespace PeftStudio.Torch;

/// <summary>What <see cref="Kernels"/> fuses, written with TorchSharp alone: the reference of its tests, and its body over TorchSharp's packages.</summary>
internal static class Compositions
{
    public static torch.Tensor Attention(torch.Tensor query, torch.Tensor key, torch.Tensor value, torch.Tensor? mask, double scale, torch.Tensor? keep)
    {
        using var scope = torch.NewDisposeScope();
        var scores = (query * scale).matmul(key.transpose(-2, -1)); // (batch, heads, time, keys)
        if (mask is not null)
            scores = mask.dtype == torch.ScalarType.Bool ? scores.masked_fill(mask.logical_not(), double.NegativeInfinity) : scores + mask.to(scores.dtype);
        var weights = scores.softmax(-1);
        if (keep is not null)
            weights = weights * keep;
        return weights.matmul(value).MoveToOuterDisposeScope();
    }

    public static torch.Tensor Attention(torch.Tensor query, torch.Tensor key, torch.Tensor value, torch.Tensor? mask, double scale, AttentionDropout dropout)
    {
        if (dropout.Probability == 0)
            return Attention(query, key, value, mask, scale, keep: null);
        using var scope = torch.NewDisposeScope();
        torch.Tensor Factors(long keys, ulong seed) =>
            Kernels.KeepFactors([query.size(0), query.size(1), query.size(2), keys], query.dtype, query.device, dropout.Probability, seed);
        var keep = Factors(key.size(2) - dropout.Prefix, dropout.Seed);
        if (dropout.Prefix > 0)
            keep = torch.cat([Factors(dropout.Prefix, dropout.PrefixSeed), keep], -1); // (batch, heads, time, keys)
        return Attention(query, key, value, mask, scale, keep).MoveToOuterDisposeScope();
    }

    public static torch.Tensor Dropped(torch.Tensor input, torch.Tensor? residual, torch.Tensor keep)
    {
        using (keep)
        {
            var left = input * keep;
            return residual is null ? left : left.add_(residual);
        }
    }

    public static torch.Tensor KeepFactors(ReadOnlySpan<long> shape, torch.ScalarType type, torch.Device device, double probability, ulong seed)
    {
        using var generator = new torch.Generator(seed, device);
        return torch.empty(shape, type, device).bernoulli_(1 - probability, generator).mul_(1 / (1 - probability));
    }

    public static torch.Tensor RmsNorm(torch.Tensor input, torch.Tensor weight, torch.Tensor? bias, double epsilon)
    {
        using var scope = torch.NewDisposeScope();
        var exact = input.dtype == torch.ScalarType.Float64 ? input : input.to(torch.ScalarType.Float32);
        var normed = exact.mul(exact.square().mean([-1], keepdim: true).add(epsilon).rsqrt());
        var scaled = normed.to(input.dtype).mul(weight);
        return (bias is null ? scaled : scaled.add(bias)).MoveToOuterDisposeScope();
    }

    public static torch.Tensor LoraLinear(torch.Tensor input, torch.Tensor weight, torch.Tensor? bias, torch.Tensor a, torch.Tensor b, double scale)
    {
        using var scope = torch.NewDisposeScope();
        var low = torch.nn.functional.linear(input, a.to(input.dtype)); // (..., rank)
        var delta = torch.nn.functional.linear(low, b.to(input.dtype)); // (..., out)
        return torch.nn.functional.linear(input, weight, bias).add(delta, scale).MoveToOuterDisposeScope();
    }

    public static void AdamWStep(
        torch.Tensor parameters, torch.Tensor gradient, torch.Tensor mean, torch.Tensor square, torch.Tensor? rates, torch.Tensor? decays,
        AdamWSettings settings, double rate, long step)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var correction1 = 1 - Math.Pow(settings.Beta1, step);
        var correction2 = 1 - Math.Pow(settings.Beta2, step);
        var one = parameters.ones_like();
        var rateByElement = (rates ?? one) * rate;
        var shrink = one - (rateByElement * (decays ?? one) * settings.WeightDecay);
        mean.mul_(settings.Beta1).add_(gradient, 1 - settings.Beta1);
        square.mul_(settings.Beta2).addcmul_(gradient, gradient, 1 - settings.Beta2);
        var root = (square.sqrt() / Math.Sqrt(correction2)) + settings.Epsilon;
        parameters.mul_(shrink).sub_(rateByElement * mean / root / correction1);
    }

    public static torch.Tensor Copy(ReadOnlySpan<byte> bytes, torch.ScalarType dtype, ReadOnlySpan<long> shape)
    {
        var tensor = torch.empty(shape, dtype);
        var room = tensor.numel() * tensor.ElementSize;
        if (room != bytes.Length)
        {
            tensor.Dispose();
            throw new ExternalException($"a tensor of type {dtype} and this shape has {room} bytes, but {bytes.Length} were given");
        }
        bytes.CopyTo(tensor.bytes);
        return tensor;
    }

    public static torch.Tensor ClipNorm(torch.Tensor gradient, double maxNorm)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var norm = gradient.norm();
        gradient.mul_((maxNorm / (norm + 1e-6)).clamp(max: 1.0));
        return norm.MoveToOuterDisposeScope();
    }
}
