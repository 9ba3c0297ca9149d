using PeftStudio.Search.DesignSpaces;

namespace PeftStudio.Search.Samplers;

/// <summary>Draws one design of a space as a pure function of the key.</summary>
public interface ISampler
{
    Design Draw(DesignSpace space, BackboneShape shape, RandomKey key);
}
