namespace PeftStudio.Search.Samplers;

/// <summary>
/// Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011): 128 random bits as a pure
/// function of a 128-bit counter and a 64-bit key.
/// </summary>
internal static class Philox
{
    /// <param name="low">counter words 0 and 1, word 0 in the low half.</param>
    /// <param name="high">counter words 2 and 3.</param>
    /// <param name="key">key words 0 and 1.</param>
    /// <returns>output words 0 and 1, then 2 and 3.</returns>
    public static (ulong First, ulong Second) Block(ulong low, ulong high, ulong key)
    {
        var (c0, c1, c2, c3) = ((uint)low, (uint)(low >> 32), (uint)high, (uint)(high >> 32));
        var (k0, k1) = ((uint)key, (uint)(key >> 32));
        for (var round = 0; round < 10; round++)
        {
            var p0 = 0xD2511F53UL * c0;
            var p1 = 0xCD9E8D57UL * c2;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
            unchecked
            {
                k0 += 0x9E3779B9;
                k1 += 0xBB67AE85;
            }
        }
        return (((ulong)c1 << 32) | c0, ((ulong)c3 << 32) | c2);
    }
}
