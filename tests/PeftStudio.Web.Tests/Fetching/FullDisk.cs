namespace PeftStudio.Web.Tests.Fetching;

/// <summary>Takes so many bytes, of all its files together, and then none.</summary>
/// <param name="file">what is written to</param>
/// <param name="room">one number, that all files share</param>
internal sealed class FullDisk(Stream file, long[] room) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => true;

    public override bool CanWrite => true;

    public override long Length => file.Length;

    public override long Position { get => file.Position; set => file.Position = value; }

    public override void Flush() => file.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => file.Seek(offset, origin);

    public override void SetLength(long value) => file.SetLength(value);

    public override void Write(byte[] buffer, int offset, int count)
    {
        var fits = (int)Math.Min(count, room[0]);
        file.Write(buffer, offset, fits);
        room[0] -= fits;
        if (fits < count)
            throw new IOException("No space left on device");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            file.Dispose();
        base.Dispose(disposing);
    }
}
