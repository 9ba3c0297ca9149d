using System.Text;
using PeftStudio.Formats.Tokenizers;

namespace PeftStudio.Formats.Tests.Tokenizers;

public sealed class CanonicalDecompositionTests
{
    /// <summary>ICU is the reference here: the tests run with it, the product need not.</summary>
    [Fact]
    public void Every_character_decomposes_as_in_Unicode()
    {
        var wrong = new List<string>();
        for (var c = 0x80; c <= 0x10FFFF; c++)
        {
            // Decompositions of characters newer than the table's version are the libraries' to disagree on.
            if (!Rune.IsValid(c) || (c & 0xFFFE) == 0xFFFE || c is (>= 0xFDD0 and <= 0xFDEF) or (>= 0x10500 and <= 0x105FF) or (>= 0x11380 and <= 0x113FF) or (>= 0x16100 and <= 0x1613F) or (>= 0x16D60 and <= 0x16D7F))
                continue;
            var rune = new Rune(c);
            var own = CanonicalDecomposition.TryGet(rune, out var parts) ? string.Concat(parts) : rune.ToString();
            if (own != rune.ToString().Normalize(NormalizationForm.FormD))
                wrong.Add($"U+{c:X4}");
        }
        wrong.ShouldBeEmpty();
    }
}
