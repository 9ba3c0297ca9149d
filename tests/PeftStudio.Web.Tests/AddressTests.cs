using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Studies;
using PeftStudio.Storage.Queries;
using PeftStudio.Web.Studies;

namespace PeftStudio.Web.Tests;

/// <summary>What a page shows stands in its address, which anybody can write.</summary>
public sealed class AddressTests
{
    [Theory]
    [InlineData("99")]
    [InlineData("+1")]
    [InlineData("start,grouping")]
    [InlineData("")]
    [InlineData(null)]
    public void A_word_that_is_none_filters_nothing(string? word)
    {
        var designs = new DesignQuery(1, word, word, word, null, null, null, null, false, null, 0, null).Filter;
        (designs.Stage, designs.Pattern, designs.Allocation).ShouldBe((null, null, null));
        var trials = new TrialQuery(1, word, word, null, 0).Filter;
        (trials.State, trials.Stage).ShouldBe((null, null));
    }

    [Fact]
    public void A_name_in_any_case_filters()
    {
        var designs = new DesignQuery(1, "start", "UNIFORM", "Increasing", null, null, null, "score", false, null, 0, null).Filter;
        (designs.Stage, designs.Pattern, designs.Allocation, designs.Sort).ShouldBe((StageName.Start, LayerPattern.Uniform, AllocationPattern.Increasing, DesignSort.Score));
        new TrialQuery(1, "running", null, null, 0).Filter.State.ShouldBe(TrialState.Running);
    }
}
