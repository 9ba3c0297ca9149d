namespace PeftStudio.Formats.Tasks;

/// <summary>A task's files cannot be used; the message names the file, the row or key, and the remedy.</summary>
public sealed class InvalidTaskException : Exception
{
    public InvalidTaskException(string message) : base(BoundedText.Of(message))
    {
    }

    public InvalidTaskException(string message, Exception inner) : base(BoundedText.Of(message), inner)
    {
    }
}
