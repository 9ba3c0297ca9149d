namespace PeftStudio.Formats.Tokenizers;

/// <summary>A vocabulary from whose tokens a text can be put together again.</summary>
internal interface IWritingModel
{
    /// <summary>Ids that the vocabulary lacks leave nothing: a checkpoint may have more rows than its vocabulary has tokens.</summary>
    string Text(IEnumerable<int> ids);
}
