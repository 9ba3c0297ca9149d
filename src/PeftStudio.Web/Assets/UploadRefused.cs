namespace PeftStudio.Web.Assets;

/// <summary>An upload that is not taken; the message names the part at fault and the remedy.</summary>
public sealed class UploadRefused(string message, int status = StatusCodes.Status400BadRequest) : Exception(message)
{
    public int Status => status;
}
