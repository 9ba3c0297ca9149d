using System.Collections.Frozen;
using System.Globalization;
using System.Resources;
using System.Text;

namespace PeftStudio.Formats.Tokenizers;

/// <summary>
/// Unicode's canonical decomposition of single characters. A table of our own, because string.Normalize leaves text as it is where .NET runs without ICU,
/// and ids must not depend on what a machine has installed.
/// </summary>
internal static class CanonicalDecomposition
{
    private static readonly FrozenDictionary<int, Rune[]> Table = Read();

    /// <summary>False where the character is its own decomposition. Combining marks come as in the table; they are not reordered across characters.</summary>
    public static bool TryGet(Rune rune, out Rune[] decomposition)
    {
        if (rune.Value is >= Hangul.FirstSyllable and <= Hangul.LastSyllable)
        {
            decomposition = Hangul.Decompose(rune.Value);
            return true;
        }
        return Table.TryGetValue(rune.Value, out decomposition!);
    }

    private static FrozenDictionary<int, Rune[]> Read()
    {
        const string Name = "PeftStudio.Formats.Tokenizers.canonical-decomposition.txt";
        using var stream = typeof(CanonicalDecomposition).Assembly.GetManifestResourceStream(Name) ?? throw new MissingManifestResourceException(Name);
        using var reader = new StreamReader(stream);
        var table = new Dictionary<int, Rune[]>();
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
                continue;
            var points = line.Split(' ').Select(hex => new Rune(int.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture))).ToArray();
            table.Add(points[0].Value, points[1..]);
        }
        return table.ToFrozenDictionary();
    }

    /// <summary>The arithmetic of the Unicode Standard, section 3.12.</summary>
    private static class Hangul
    {
        public const int FirstSyllable = 0xAC00;
        public const int LastSyllable = 0xD7A3;
        private const int FirstLeading = 0x1100, FirstVowel = 0x1161, BeforeTrailing = 0x11A7, Vowels = 21, Trailings = 28;

        public static Rune[] Decompose(int syllable)
        {
            var index = syllable - FirstSyllable;
            var leading = new Rune(FirstLeading + (index / (Vowels * Trailings)));
            var vowel = new Rune(FirstVowel + (index % (Vowels * Trailings) / Trailings));
            var trailing = index % Trailings;
            return trailing == 0 ? [leading, vowel] : [leading, vowel, new Rune(BeforeTrailing + trailing)];
        }
    }
}
