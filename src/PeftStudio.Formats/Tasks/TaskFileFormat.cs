namespace PeftStudio.Formats.Tasks;

public enum TaskFileFormat
{
    /// <summary>Tab separated.</summary>
    Tsv,

    /// <summary>Comma separated.</summary>
    Csv,

    /// <summary>A JSON object on each line.</summary>
    Jsonl,
}

public enum Quoting
{
    /// <summary>A quotation mark is a character like any other, as in GLUE's files.</summary>
    None,

    /// <summary>RFC 4180: cells in double quotes may hold separators, line breaks and doubled quotes.</summary>
    Rfc4180,
}
