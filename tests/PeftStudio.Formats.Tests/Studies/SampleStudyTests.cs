using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Studies;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Studies;
using PeftStudio.Tests;

namespace PeftStudio.Formats.Tests.Studies;

/// <summary>The study that the demo runs, with the sample backbone and the sample tasks of the repository.</summary>
public sealed class SampleStudyTests
{
    private static readonly string Samples = Path.Combine(Folders.Repository, "samples");

    private static readonly BackboneShape Shape = BackboneConfig.FromFolder(Path.Combine(Samples, "backbones", "sample")).Shape();

    [Fact]
    public void ItHasNoProblems()
    {
        var tasks = Directory.GetDirectories(Path.Combine(Samples, "tasks")).Select(folder => new KnownTask(Path.GetFileName(folder))).ToArray();

        StudyPlanCheck.Problems(Quick(), Shape, tasks).ShouldBeEmpty();
    }

    [Fact]
    public void ItIsAboutTwoHundredTrialsThroughEveryStage()
    {
        var forecast = StudyForecast.Of(Quick(), Shape);

        forecast.MostTrials.ShouldBe(202);
        forecast.LeastTrials.ShouldBe(146);
        forecast.Steps.ShouldAllBe(step => step.MostTrials > 0);
        forecast.Infeasible.IsZero.ShouldBeTrue();
        forecast.Notes.ShouldBeEmpty();
    }

    [Fact]
    public void ItsNumbersAreThoseOfAQuickLook()
    {
        var plan = Quick();

        (plan.Space!.Groupings.Count, plan.Space.Allocations.Count, plan.Space.TunableGroups.Count).ShouldBe((5, 3, 4));
        (plan.Compute.SamplesPerChoice, plan.Compute.StartSamples, plan.Final.Seeds).ShouldBe((3, 3, 2));
        plan.Tasks.ShouldBe(["similarity", "sentiment"]);
    }

    private static StudyPlan Quick()
    {
        var read = StudyYaml.Read(File.ReadAllText(Path.Combine(Samples, "studies", "quick.yaml")));
        read.Problems.ShouldBeEmpty();
        return read.Plan!;
    }
}
