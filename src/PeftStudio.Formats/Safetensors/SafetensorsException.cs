namespace PeftStudio.Formats.Safetensors;

/// <summary>A safetensors file, or a checkpoint made of some, that cannot be used as it is.</summary>
public sealed class SafetensorsException : Exception
{
    /// <param name="file">the file's path</param>
    /// <param name="key">the tensor at fault; null where it is the file itself</param>
    /// <param name="reason">what is wrong and, where there is one, the remedy</param>
    /// <param name="inner">the exception underneath</param>
    public SafetensorsException(string file, string? key, string reason, Exception? inner = null)
        : base(key is null ? $"{file}: {BoundedText.Of(reason)}" : $"{file}: tensor '{BoundedText.Of(key)}': {BoundedText.Of(reason)}", inner)
    {
        File = file;
        Key = key;
    }

    public string File { get; }

    public string? Key { get; }
}
