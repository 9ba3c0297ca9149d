namespace PeftStudio.Models.Peft;

/// <summary>The library that wrote files of AdapterHub, by their field "version", and what it did otherwise than its successors: 3.1.0 is adapter-transformers, adapters.1.2.0 the package that followed it.</summary>
/// <param name="IsSuccessor">adapters.</param>
/// <param name="Number">null: files without one, as adapter-transformers 1 wrote them</param>
internal sealed record AdapterHubVersion(bool IsSuccessor, Version? Number)
{
    /// <summary>Houlsby's adapter reads a sub-layer's input in T5 before 3.2, and a parallel one its output: they were handed over in each other's place.</summary>
    public bool SwapsT5 => IsBefore(new Version(3, 2));

    /// <summary>LoRA and (IA)3 are on the feed-forward products of BART's decoder too, since 3.2.1.</summary>
    public bool FeedsBartsDecoder => !IsBefore(new Version(3, 2, 1));

    /// <summary>A LoRA that was alone in its file was trained with the scale 1, whatever its alpha, by adapters before 1.1.</summary>
    public bool IgnoresAlpha => IsSuccessor && Number < new Version(1, 1);

    /// <summary>By "gelu" the first files mean its tanh approximation, and by "gelu_orig" gelu.</summary>
    public bool RenamesGelu => Number is null;

    public static AdapterHubVersion Of(string? text)
    {
        const string Successor = "adapters.";
        var isSuccessor = text?.StartsWith(Successor, StringComparison.Ordinal) is true;
        // What follows the numbers names no change of these: 3.2.1.post0, adapters.1.0.0.dev1.
        var numbers = (text ?? "")[(isSuccessor ? Successor.Length : 0)..].Split('.').Take(3).TakeWhile(part => part.Length is > 0 and < 7 && part.All(char.IsAsciiDigit));
        return new(isSuccessor, Version.TryParse(string.Join('.', numbers), out var number) ? number : null);
    }

    private bool IsBefore(Version number) => !IsSuccessor && (Number is null || Number < number);
}
