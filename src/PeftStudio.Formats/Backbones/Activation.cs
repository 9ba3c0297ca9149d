namespace PeftStudio.Formats.Backbones;

/// <summary>The nonlinearity of the feed-forward sub-layer.</summary>
public enum Activation
{
    /// <summary>x Phi(x), with erf.</summary>
    Gelu,

    /// <summary>The tanh approximation.</summary>
    GeluTanh,

    Relu,

    Silu,
}
