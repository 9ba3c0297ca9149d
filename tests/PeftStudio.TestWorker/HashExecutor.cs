using PeftStudio.Jobs;
using PeftStudio.Search;
using PeftStudio.Search.Studies;
using PeftStudio.Storage.Rows;

namespace PeftStudio.TestWorker;

/// <summary>Scores are a hash of the plan: pure, instant, and different for every trial. <paramref name="epoch"/> is how long an epoch takes.</summary>
public sealed class HashExecutor(TimeSpan epoch, string backboneHash, IEnumerable<string> taskHashes) : ITrialExecutor
{
    public HeldAssets FindAssets() => new([new("tiny", backboneHash)], taskHashes.Select(hash => new HeldAsset(hash, hash)).ToValueList());

    public TrialOutcome Run(TrialPlan plan, IProgress<TrialProgress> progress, CancellationToken cancellationToken)
    {
        var curve = new List<EpochPoint>();
        for (var number = 1; number <= plan.Epochs; number++)
        {
            if (cancellationToken.WaitHandle.WaitOne(epoch))
                throw new OperationCanceledException(cancellationToken);
            var point = new EpochPoint(number, 1.0 / number, Score(plan, number));
            curve.Add(point);
            progress.Report(new(number, number, plan.Epochs, point, $"epoch {number}"));
        }
        var best = curve.MaxBy(point => point.Decision.Score) ?? throw new InvalidOperationException("a plan without epochs");
        var dev = plan.Evaluate is EvaluationRows.DecisionThenDev ? Score(plan, 1000) : null;
        var result = new TrialResult(best.Epoch, best.Decision, dev, curve.ToValueList(), plan.Sizes?.Parameters ?? plan.Backbone.Shape.Parameters, 10, 50);
        return plan.KeepAdapter ? new TrialOutcome.Completed(result, [1, 2, 3], "{}") : new TrialOutcome.Completed(result, null, null);
    }

    private static RowsScore Score(TrialPlan plan, int salt)
    {
        var hash = Convert.ToUInt32(CanonicalJson.Hash((plan.Task.Name, plan.StudySeed, plan.TrainingSeed, plan.Design?.Hash(), plan.Epochs, salt).ToString())[..8], 16);
        var score = 50 + (hash % 4000 / 100.0);
        return new(score, [new("accuracy", score)], ConstantPrediction: false);
    }
}
