using System.Text;
using FsCheck;
using FsCheck.Fluent;
using PeftStudio.Formats.Studies;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;

namespace PeftStudio.Formats.Tests.Studies;

public sealed class StudyYamlTests
{
    private const string Least = "name: first\nbackbone: sample\ntasks: [similarity]\n";

    [Fact]
    public void DefaultsMayBeLeftOut() =>
        StudyYaml.Read(Least).Plan.ShouldBe(new StudyPlan { Name = "first", Backbone = "sample", Tasks = ["similarity"] });

    [Fact]
    public void WritingGivesEverythingInOneOrder()
    {
        var text = StudyYaml.Write(Full());

        text.ShouldStartWith("name: \"A name: with colon\"\nnote: \"two\\nlines, \\\"quoted\\\", é 😀\"\nbackbone: sample\ntasks: [similarity, sentiment]\nseed: 7\nspace:\n  groups: 3\n");
        text.ShouldContain("  tunableGroups:\n    - [1]\n    - [1, 2, 3]\n");
        text.ShouldContain("  strategies:\n    - [[adapter], [bitfit, lora]]\n");
        text.ShouldContain("design: null\nbudget:\n  parameters: null\n  percent: 0.75\n");
        text.ShouldContain("  methodRates:\n    - { method: lora, multiplier: 2 }\n");
        text.ShouldContain("  fullRate: 0.0002\n");
    }

    [Fact]
    public void ExportImportExportGivesIdenticalBytes()
    {
        foreach (var plan in (StudyPlan[])[Full(), Designed(), Composed(), Full() with { Name = "null", Note = "- 1\t\u2028", Backbone = "1.5", Tasks = ["true", "~", "0x10"] }])
        {
            var text = StudyYaml.Write(plan);
            var read = StudyYaml.Read(text);

            read.Problems.ShouldBeEmpty();
            read.Plan.ShouldBe(plan);
            StudyYaml.Write(read.Plan!).ShouldBe(text);
            StudyYaml.Read(StudyYaml.WriteJson(plan)).Plan.ShouldBe(plan);
        }
    }

    [Fact]
    public void OwnMethodsAreWrittenWhereThereAreAny()
    {
        StudyYaml.Write(Composed()).ShouldContain(
            "seed: 7\nownMethods:\n  - { name: beside, title: \"Beside, halved\", form: bottleneck, representation: \"attentionOutput, feedForwardOutput\", insertion: parallel, composition: scaled, scale: 0.5 }\n"
            + "  - { name: made, title: Made, form: keyValue, representation: attentionHeads, insertion: parallel, composition: gated, scale: 1, reparametrisation: 512, size: 30 }\nspace:\n");
        StudyYaml.Write(Full()).ShouldNotContain("ownMethods");
    }

    [Fact]
    public void AnOwnMethodByHandMayLeaveItsScaleOut() =>
        StudyYaml.Read(Least + "ownMethods:\n- name: vectors\n  title: Vectors\n  form: rescaling\n  representation: value,query\n  insertion: sequential\n  composition: add\n").Plan.ShouldBe(
            new StudyPlan
            {
                Name = "first",
                Backbone = "sample",
                Tasks = ["similarity"],
                OwnMethods = [new("vectors", "Vectors", FunctionalForm.Rescaling, ModifiedRepresentation.Query | ModifiedRepresentation.Value, InsertionForm.Sequential, Composition.Add)],
            });

    [Theory]
    [InlineData("a\n")] // a plain scalar would lose the line break
    [InlineData("null\n")]
    [InlineData(" a")]
    public void TextsThatLookPlainComeBack(string note) =>
        StudyYaml.Read(StudyYaml.Write(Full() with { Note = note })).Plan?.Note.ShouldBe(note);

    [Fact]
    public void AnyTextOfAFieldComesBack() => Prop.ForAll<NonNull<string>>(text =>
    {
        // Half of a surrogate pair is no text and becomes U+FFFD.
        var note = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Get));
        return StudyYaml.Read(StudyYaml.Write(Full() with { Note = note })).Plan?.Note == note;
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("", 1, 1, "", "empty")]
    [InlineData("name: first\n", 1, 1, "backbone", "is missing; give text")]
    [InlineData(Least + "budgett: 3\n", 4, 1, "budgett", "did you mean 'budget'?")]
    [InlineData(Least + "space:\n  allocation: [uniform]\n", 5, 3, "space.allocation", "did you mean 'allocations'?")]
    [InlineData(Least + "space:\n  groups: four\n", 5, 11, "space.groups", "'four' is not a whole number")]
    [InlineData(Least + "space:\n  groups: \"4\"\n", 5, 11, "space.groups", "in quotes")]
    [InlineData(Least + "space:\n  groups: 4.5\n", 5, 11, "space.groups", "not a whole number")]
    [InlineData(Least + "space:\n  groupings: [spindel]\n", 5, 15, "space.groupings[0]", "one of uniform, spindle, bottleneck, increasing, decreasing")]
    [InlineData(Least + "space:\n  groupings: spindle\n", 5, 14, "space.groupings", "a list is wanted")]
    [InlineData(Least + "budget: 0.5\n", 4, 9, "budget", "an object with the keys parameters, percent")]
    [InlineData(Least + "budget:\n  percent: 0.5\n  parameters: 100\n", 5, 3, "budget", "give either 'parameters' or 'percent'")]
    [InlineData(Least + "budget:\n  percent: 200\n", 5, 3, "budget", "above 0, at most 100")]
    [InlineData(Least + "training:\n  rate: .nan\n", 5, 9, "training.rate", "not a number")]
    [InlineData(Least + "training:\n  rate:\n", 5, 8, "training.rate", "has no value")]
    [InlineData(Least + "seed: 99999999999999999999\n", 4, 7, "seed", "not a whole number")]
    [InlineData(Least + "name: again\n", 4, 1, "name", "given twice")]
    [InlineData(Least + "methods: [lora]\n", 4, 1, "methods", "there is no such key")]
    [InlineData(Least + "ownMethods: lora\n", 4, 13, "ownMethods", "a list is wanted")]
    [InlineData(Least + "ownMethods: [lora]\n", 4, 14, "ownMethods[0]", "an object with the keys name, title, form, representation, insertion, composition, scale")]
    [InlineData(Least + "ownMethods:\n- { title: A, form: lowRank, representation: query, insertion: parallel, composition: add }\n", 5, 3, "ownMethods[0].name", "is missing")]
    [InlineData(Least + "ownMethods:\n- { name: a, title: A, form: lora, representation: query, insertion: parallel, composition: add }\n", 5, 30, "ownMethods[0].form", "one of bottleneck, lowRank, lowRankBottleneck, keyValue, bias, rescaling, affine")]
    [InlineData(Least + "ownMethods:\n- { name: a, title: A, form: bias, representation: \"query, keys\", insertion: parallel, composition: add }\n", 5, 52, "ownMethods[0].representation", "one or more, with commas between, of none, query, key")]
    [InlineData(Least + "ownMethods:\n- { name: a, title: A, form: bias, representation: 3, insertion: parallel, composition: add }\n", 5, 52, "ownMethods[0].representation", "'3' is not one or more")]
    [InlineData(Least + "ownMethods:\n- { name: a, title: A, form: bias, representation: key, insertion: parallel, composition: add, isSized: true }\n", 5, 96, "ownMethods[0].isSized", "there is no such key")]
    [InlineData(Least + "ownMethods:\n- { name: a, title: A, form: bias, representation: key, insertion: parallel, composition: add, size: wide }\n", 5, 102, "ownMethods[0].size", "'wide' is not a whole number")]
    [InlineData(Least + "final:\n  bestOfStart: maybe\n", 5, 16, "final.bestOfStart", "true or false")]
    [InlineData(Least + "note: &a x\n", 4, 7, "", "anchors and aliases are not read")]
    [InlineData(Least + "note: !!binary x\n", 4, 7, "", "tag")]
    [InlineData(Least + "---\nname: two\n", 4, 1, "", "a second document")]
    [InlineData("name: [first\n", 0, 0, "", "this is no YAML")]
    [InlineData("space:\n  groupings: [uniform,few: 3\n  more: 3\nfinal:\n  seeds: 2\n", 0, 0, "", "close the bracket")]
    [InlineData("- first\n", 1, 1, "", "an object with the keys name, note, backbone")]
    [InlineData("{\"name\": 3, \"backbone\": \"b\",\n \"tasks\": []}", 1, 10, "name", "'3' is not text")]
    [InlineData("{\"name\": \"a\",\n  \"backbone\" \"b\"}", 2, 14, "", "this is no JSON")]
    [InlineData("{\n \"name\": \"a\",\n  \"backbone\": 3, \"tasks\": [\"t\"]}", 3, 15, "backbone", "'3' is not text")]
    [InlineData("{\"name\": \"a\", \"backbone\": \"b\", \"tasks\": null}", 1, 41, "tasks", "has no value")]
    [InlineData("{\"name\": \"a\", \"backbone\": \"b\", \"tasks\": [\"\\ud800\"]}", 1, 42, "", "surrogate")]
    public void WrongTextIsNamedWithItsPlaceAndRemedy(string text, int line, int column, string key, string words)
    {
        var read = StudyYaml.Read(text);

        read.Plan.ShouldBeNull();
        var problem = read.Problems[0];
        problem.Key.ShouldBe(key, problem.Message);
        problem.Message.ShouldContain(words, Case.Insensitive);
        if (line > 0)
            (problem.Line, problem.Column).ShouldBe((line, column), problem.Message);
    }

    [Fact]
    public void EveryProblemIsToldAtOnceInTheOrderOfTheText()
    {
        var read = StudyYaml.Read("name: first\nbackbonne: x\ntasks: [a]\nspace:\n  groups: x\n  foo: 1\n");

        read.Problems.Select(problem => problem.Key).ShouldBe(["backbone", "backbonne", "space.groups", "space.foo"]);
        read.Problems[1].ToString().ShouldStartWith("line 2, column 1: backbonne: there is no such key");
    }

    [Fact]
    public void HostileDepthIsRefused()
    {
        StudyYaml.Read(new string('[', 100_000)).Problems.ShouldHaveSingleItem().Message.ShouldContain("nested deeper");
        StudyYaml.Read("{\"a\":" + new string('[', 100_000)).Problems.ShouldHaveSingleItem().Message.ShouldContain("no JSON");
        StudyYaml.Read(new string('x', 1_000_001)).Problems.ShouldHaveSingleItem().Message.ShouldContain("at most 1000000");
    }

    private static StudyPlan Full() => new()
    {
        Name = "A name: with colon",
        Note = "two\nlines, \"quoted\", é 😀",
        Backbone = "sample",
        Tasks = ["similarity", "sentiment"],
        Seed = 7,
        Space = new SpacePlan { Groups = 3, TunableGroups = [[1], [1, 2, 3]], Strategies = [[["adapter"], ["bitfit", "lora"]]] },
        Budget = new Budget(percent: 0.75),
        Training = new TrainingPlan { MethodRates = [new MethodRate("lora", 2)], Dropout = 0.1 },
    };

    private static StudyPlan Composed() => Full() with
    {
        OwnMethods = [new("beside", "Beside, halved", FunctionalForm.Bottleneck, Representations.SubLayers, InsertionForm.Parallel, Composition.Scaled, Scale: 0.5), NamedMethods.Prefix with { Name = "made", Title = "Made", Reparametrisation = 512, Size = 30 }],
        Space = new SpacePlan { Methods = ["lora", "beside"] },
    };

    private static StudyPlan Designed() => Full() with
    {
        Space = null,
        Design = new Design(
            LayerPattern.Spindle,
            [new LayerGrouping([1, 4, 1])],
            AllocationPattern.Uniform,
            new TunableGroups([1, 3]),
            [new MethodSet(["lora", "adapter"]), MethodSet.Empty, new MethodSet(["bitfit"])]),
    };
}
