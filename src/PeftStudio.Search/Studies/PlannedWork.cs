namespace PeftStudio.Search.Studies;

/// <summary>What a plan comes to in training rows read (<see cref="Trial.WorkOf"/>), before any trial is drawn.</summary>
/// <param name="Least">where decisions leave groups frozen and make contenders equal.</param>
public sealed record PlannedWork(long Least, long Most)
{
    public static PlannedWork Of(StudyPlan plan, IReadOnlyList<TaskAsset> tasks, StudyForecast forecast)
    {
        var final = forecast.Steps.Where(step => step.Key.Stage is StageName.Final).ToArray();
        var (leastFinal, mostFinal) = (final.Sum(step => step.LeastTrials), final.Sum(step => step.MostTrials));
        var (shortRun, longRun) = (Each(plan.Compute.Epochs, plan.Compute.RowsPerTask), Each(plan.Final.Epochs, plan.Final.RowsPerTask));
        return new(
            ((forecast.LeastTrials - leastFinal) * shortRun) + (leastFinal * longRun),
            ((forecast.MostTrials - mostFinal) * shortRun) + (mostFinal * longRun));

        long Each(int epochs, int? rows) => tasks.Sum(task => (long)epochs * Math.Min(rows ?? task.TrainRows, task.TrainRows)) / Math.Max(1, tasks.Count);
    }
}
