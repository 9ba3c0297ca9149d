using PeftStudio.Formats.Metrics;
using PeftStudio.Formats.Tasks;
using PeftStudio.Samples;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests.Samples;

/// <summary>The sample tasks in the repository: what the generator writes, and what the demo leans on.</summary>
public sealed class SampleTasksTests
{
    private static readonly string Root = Path.Join(Folders.Repository, "samples", "tasks");

    public static TheoryData<string> Names => ["acceptability", "entailment", "rewriting", "sentiment", "similarity"];

    [Fact]
    public void The_files_are_the_generators_byte_for_byte()
    {
        var tasks = SampleTask.All();

        Directory.GetFiles(Root, "*", SearchOption.AllDirectories).Length.ShouldBe(tasks.Sum(task => task.Files.Count));
        foreach (var task in tasks)
            foreach (var (name, text) in task.Files)
                (File.ReadAllText(Path.Join(Root, task.Folder, name)) == text).ShouldBeTrue($"{task.Folder}/{name} differs: run dotnet run samples/generate-tasks.cs");
    }

    [Fact]
    public void The_catalog_finds_five_tasks_without_a_complaint()
    {
        var tasks = TaskCatalog.Scan(Root);

        tasks.Select(task => task.Name).ShouldBe(Names.Select(row => row.Data));
        tasks.ShouldAllBe(task => task.Error == null && task.BadRows == 0);
        tasks.ShouldAllBe(task => task.Train!.Rows == 2000 && task.Dev!.Rows == 400);
        tasks.Where(task => task.Definition!.Labels is not null).ShouldAllBe(task =>
            task.Train!.LabelCounts.All(count => count == 1000) && task.Dev!.LabelCounts.All(count => count == 200));
        Directory.GetFiles(Root, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length).ShouldBeLessThan(1_500_000);
    }

    [Fact]
    public void Similarity_has_every_height_as_often()
    {
        var counts = TaskFolder.Open(Path.Join(Root, "similarity")).ReadTrain().Rows.CountBy(row => Math.Min(4, (int)row.Target)).OrderBy(bin => bin.Key);

        counts.Select(bin => bin.Value).ShouldBe([400, 400, 400, 400, 400]);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void No_row_comes_twice_in_a_file_or_in_both(string name)
    {
        var (train, dev) = Read(name);

        train.Concat(dev).Select(row => (row.Text, row.Pair)).Distinct().Count().ShouldBe(train.Count + dev.Count);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_word_is_one_piece_of_the_sample_backbones_vocabulary(string name)
    {
        var pieces = File.ReadLines(Path.Join(Folders.Repository, "samples", "backbones", "sample", "vocab.txt")).ToHashSet();
        var (train, dev) = Read(name);

        train.Concat(dev).SelectMany(row => BagOfWords.WordsOf($"{row.Text} {row.Pair} {row.TargetText}")).Distinct().Where(word => !pieces.Contains(word)).ShouldBeEmpty();
    }

    // Chance is 50 (Pearson 0); a rule that reads the structure gets 100. The ceilings are those that samples/README.md states.
    [Theory]
    [InlineData("acceptability", 60)]
    [InlineData("sentiment", 78)]
    [InlineData("entailment", 80)]
    [InlineData("similarity", 85)]
    public void Counting_words_is_not_enough(string name, double ceiling)
    {
        var (train, dev) = Read(name);
        var regression = name == "similarity";
        var bag = BagOfWords.Train(train, regression);

        var score = regression
            ? TaskScore.OfScores([TaskMetric.Pearson], [.. dev.Select(bag.Output)], [.. dev.Select(row => row.Target)]).Score
            : TaskScore.OfClasses([TaskMetric.Accuracy], [.. dev.Select(row => bag.Output(row) > 0 ? 1 : 0)], [.. dev.Select(row => row.Label)]).Score;

        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: bag of words {score:0.0}");
        score.ShouldBeLessThan(ceiling);
    }

    [Fact]
    public void Copying_the_sentence_is_no_rewriting()
    {
        var (train, dev) = Read("rewriting");

        train.Concat(dev).ShouldAllBe(row => row.TargetText != row.Text);
        var score = TaskScore.OfTexts([TaskMetric.Bleu], [.. dev.Select(row => row.Text)], [.. dev.Select(row => row.TargetText!)]).Score;
        TestContext.Current.TestOutputHelper?.WriteLine($"rewriting: copies {score:0.0}");
        score.ShouldBeLessThan(35);
    }

    private static (IReadOnlyList<TaskRow> Train, IReadOnlyList<TaskRow> Dev) Read(string name)
    {
        var task = TaskFolder.Open(Path.Join(Root, name));
        return (task.ReadTrain().Rows, task.ReadDev().Rows);
    }
}
