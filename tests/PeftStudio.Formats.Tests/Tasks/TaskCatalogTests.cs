using PeftStudio.Formats.Tasks;

namespace PeftStudio.Formats.Tests.Tasks;

public sealed class TaskCatalogTests : IDisposable
{
    private const string Json = """{"name": "mine", "files": {"train": "t.csv", "dev": "d.csv"}, "columns": {"text": "a", "label": "l"}, "labels": ["x", "y"], "metrics": ["accuracy"]}""";

    private readonly TemporaryFolder root = new();

    public void Dispose() => root.Dispose();

    [Fact]
    public void Tasks_and_broken_folders_are_listed_and_others_are_not()
    {
        root.Write("cola/train.tsv", "s\t1\t\tGood.\ns\t0\t*\tBad.\ns\t1\t\tFine.\n");
        root.Write("cola/dev.tsv", "s\t1\t\tGood.\n");
        root.Write("mine/task.json", Json);
        root.Write("mine/t.csv", "a,l\n\"1, 2\",y\nbroken\n");
        root.Write("mine/d.csv", "a,l\nz,x\n");
        root.Write("nothing/readme.md", "no task");
        root.Write("unnamed/train.tsv", "a\tb\n");
        root.Write("WNLI/train.tsv", "index\tsentence1\tsentence2\tlabel\n0\ta\tb\t1\n");
        root.Write("WNLI/dev.tsv", "index\tsentence1\tsentence2\tlabel\n");

        var tasks = TaskCatalog.Scan(root.Path);

        tasks.Select(task => task.Name).ShouldBe(["WNLI", "CoLA", "mine", "unnamed"]);
        tasks[0].Error.ShouldBe("dev.tsv has no rows; training and scoring need at least one each");
        tasks[1].Train!.LabelCounts.ShouldBe([1, 2]);
        tasks[1].Dev!.Preview.ShouldBe([new("Good.", null, 1, 1)]);
        (tasks[2].Error, tasks[2].BadRows, tasks[2].Train!.Rows).ShouldBe((null, 1, 1));
        tasks[2].Train!.FirstBadRows[0].RowNumber.ShouldBe(3);
        tasks[3].Error.ShouldNotBeNull().ShouldContain("'unnamed' has no task.json and no name of GLUE's (CoLA, SST-2");
        tasks[3].Definition.ShouldBeNull();
    }

    [Fact]
    public void A_root_that_is_absent_has_no_tasks() => TaskCatalog.Scan(Path.Join(root.Path, "absent")).Count.ShouldBe(0);

    [Fact]
    public void A_task_json_in_a_folder_of_GLUEs_name_wins()
    {
        root.Write("RTE/task.json", Json);

        TaskFolder.Open(Path.Join(root.Path, "RTE")).Definition.Name.ShouldBe("mine");
    }

    [Fact]
    public void The_hash_follows_the_content_and_not_the_place()
    {
        foreach (var folder in new[] { "one", "two" })
        {
            root.Write($"{folder}/task.json", Json);
            root.Write($"{folder}/t.csv", "a,l\np,y\n");
            root.Write($"{folder}/d.csv", "a,l\nq,x\n");
        }
        string Hash(string folder) => TaskFolder.Open(Path.Join(root.Path, folder)).Hash();
        var original = Hash("one");
        original.ShouldMatch("^[0-9a-f]{64}$");

        root.Write("two/task.json", Json.Replace("{\"name\"", "{ \"header\": true, \"name\"", StringComparison.Ordinal));
        Hash("two").ShouldBe(original, "a default written out is the same definition");

        root.Write("two/d.csv", "a,l\nq,y\n");
        Hash("two").ShouldNotBe(original);
        root.Write("two/d.csv", "a,l\nq,x\n");
        root.Write("two/task.json", Json.Replace("[\"x\", \"y\"]", "[\"y\", \"x\"]", StringComparison.Ordinal));
        Hash("two").ShouldNotBe(original);
    }

    [Fact]
    public void A_byte_moved_between_the_files_changes_the_hash()
    {
        root.Write("one/task.json", Json);
        root.Write("one/t.csv", "a,l\np,y\n");
        root.Write("one/d.csv", "a,l\nq,x\n");
        var before = TaskFolder.Open(Path.Join(root.Path, "one")).Hash();

        root.Write("one/t.csv", "a,l\np,y\na");
        root.Write("one/d.csv", ",l\nq,x\n");

        TaskFolder.Open(Path.Join(root.Path, "one")).Hash().ShouldNotBe(before);
    }

    [Fact]
    public void Nothing_outside_the_folder_is_read()
    {
        root.Write("secret.csv", "a,l\np,y\n");
        root.Write("one/task.json", Json);
        root.Write("one/d.csv", "a,l\nq,x\n");
        File.CreateSymbolicLink(Path.Join(root.Path, "one", "t.csv"), Path.Join(root.Path, "secret.csv"));
        root.Write("two/task.json", Json.Replace("t.csv", "%2e%2e%2fsecret.csv", StringComparison.Ordinal));

        TaskCatalog.Describe(Path.Join(root.Path, "one")).Error.ShouldNotBeNull().ShouldContain("leads outside");
        TaskCatalog.Describe(Path.Join(root.Path, "two")).Error.ShouldNotBeNull().ShouldContain("has the character U+0025");
    }

    [Fact]
    public void A_folder_that_is_absent_is_named() =>
        Should.Throw<InvalidTaskException>(() => TaskFolder.Open(Path.Join(root.Path, "absent"))).Message.ShouldContain("there is no folder");
}
