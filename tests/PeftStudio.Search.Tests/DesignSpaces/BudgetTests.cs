using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;
using static PeftStudio.Search.Tests.DesignSpaces.Shapes;

namespace PeftStudio.Search.Tests.DesignSpaces;

public sealed class BudgetTests
{
    [Theory]
    [InlineData(0.5, 620_275)]
    [InlineData(0.1, 124_055)]
    [InlineData(100, 124_055_040)]
    [InlineData(1e-6, 1)]
    public void A_percentage_is_rounded_down(double percent, long cap) => new Budget(percent: percent).Cap(RobertaBase).ShouldBe(cap);

    [Fact]
    public void A_count_is_the_cap_up_to_the_backbone() =>
        new[] { new Budget(7).Cap(RobertaBase), new Budget(long.MaxValue).Cap(RobertaBase) }.ShouldBe([7, RobertaBase.Parameters]);

    [Fact]
    public void A_budget_above_the_backbone_is_a_problem()
    {
        var plan = new StudyPlan { Name = "a", Backbone = "b", Tasks = ["rte"], Budget = new Budget(124_055_041) };

        StudyPlanCheck.Problems(plan, RobertaBase).ShouldBe([new PlanProblem("budget", "124,055,041 parameters; the backbone has 124,055,040, give fewer")]);
        StudyPlanCheck.Problems(plan with { Budget = new Budget(90_000_000) }, RobertaBase with { Parameters = 90_000_000 }).ShouldBeEmpty();
    }

    [Fact]
    public void Impossible_budgets_cannot_be_made()
    {
        Should.Throw<ArgumentException>(() => new Budget()).Message.ShouldBe("budget: give either 'parameters' or 'percent'");
        Should.Throw<ArgumentException>(() => new Budget(1, 1));
        Should.Throw<ArgumentException>(() => new Budget(parameters: 0)).Message.ShouldBe("budget: 0 parameters; at least 1");
        Should.Throw<ArgumentException>(() => new Budget(percent: 0)).Message.ShouldBe("budget: 0 %; above 0, at most 100");
        Should.Throw<ArgumentException>(() => new Budget(percent: double.NaN));
        Should.Throw<ArgumentException>(() => new Budget(percent: 100.1));
    }

    [Fact]
    public void The_whole_backbone_as_a_budget_gives_finite_sizes() =>
        BudgetSizes.Compute(AllTuned(RobertaBase, AllocationPattern.Uniform, Set("prefix"), Set("prefix")), new Budget(percent: 100), RobertaBase, NamedMethods.All).Sizes!
            .Sizes[0].Size.ShouldBe(6_730);
}
