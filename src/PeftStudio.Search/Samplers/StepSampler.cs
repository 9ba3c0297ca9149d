using System.Globalization;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Methods;
using PeftStudio.Search.Studies;

namespace PeftStudio.Search.Samplers;

/// <summary>A step with its designs. <paramref name="Notes"/>: what a person must be told of how they were drawn, a sentence each.</summary>
public sealed record SampledStep(StageStep Step, ValueList<string> Notes);

/// <summary>
/// Draws the designs of a step. Rivals at one sample index share every draw but their own component's. An index where a rival's design does not fit, or repeats one of a
/// choice that has more than n designs that fit, is redrawn for all. Where <see cref="MostRedraws"/> redraws do not do, the rival that refused most often goes unpaired: it
/// draws for itself. A choice with no design that fits is left out.
/// </summary>
public sealed class StepSampler(ISampler sampler, BackboneShape shape, long cap, IReadOnlyList<PeftMethod> methods)
{
    public const int MostRedraws = 1_000;

    /// <param name="n">designs for each choice.</param>
    public SampledStep Sample(DesignSpace space, StageKey key, int n, long studySeed)
    {
        var notes = new List<string>();
        var rivals = new List<Rival>();
        foreach (var choice in OpenChoices.Of(space, key))
        {
            var smallest = SpaceCounts.SmallestTotal(choice.Space, shape, methods);
            if (smallest <= cap)
                rivals.Add(new Rival(choice, smallest, SpaceCounts.Feasible(choice.Space, shape, cap, methods) > n));
            else
                notes.Add(string.Create(CultureInfo.InvariantCulture,
                    $"{choice.Label} is left out: its smallest design has {smallest:N0} trainable parameters and the budget is {cap:N0}."));
        }

        var paired = rivals.ToList();
        for (var index = 0; index < n; index++)
            while (paired.Count > 0 && Refuser(paired, new RandomKey(studySeed, key, index)) is { } refuser)
            {
                paired.Remove(refuser);
                refuser.Paired = rivals.Count == 1;
                DrawAlone(refuser, new RandomKey(studySeed, key, 0, Own: refuser.Choice.Label), n);
                notes.Add(string.Create(CultureInfo.InvariantCulture,
                    $"{refuser.Choice.Label} {(refuser.Paired ? "has few designs that fit the budget" : "is not paired with the others")}: sample {index + 1} was redrawn {MostRedraws:N0} times in vain."));
            }

        return new SampledStep(new StageStep(key, rivals.Select(rival => rival.Result(shape, cap, methods)).ToValueList()), notes.ToValueList());
    }

    /// <summary>
    /// Adds a design to every rival and returns null, or returns the rival that refused most draws. The costliest, then who refused most, is asked first, and the first
    /// refusal ends an attempt, so that a tight budget costs one draw an attempt and not one a rival.
    /// </summary>
    private Rival? Refuser(List<Rival> rivals, RandomKey key)
    {
        var asked = rivals.OrderByDescending(rival => rival.Smallest).ToList();
        var refusals = rivals.ToDictionary(rival => rival, _ => 0);
        var designs = new Dictionary<Rival, Design>();
        for (var attempt = 0; attempt <= MostRedraws; attempt++)
        {
            var refused = asked.FindIndex(rival =>
            {
                designs[rival] = sampler.Draw(rival.Choice.Space, shape, key with { Attempt = attempt });
                return !Fits(designs[rival]) || rival.Repeats(designs[rival]);
            });
            if (refused < 0)
            {
                rivals.ForEach(rival => rival.Designs.Add(designs[rival]));
                return null;
            }
            refusals[asked[refused]]++;
            for (; refused > 0 && refusals[asked[refused]] > refusals[asked[refused - 1]]; refused--)
                (asked[refused], asked[refused - 1]) = (asked[refused - 1], asked[refused]);
        }
        return asked[0];
    }

    /// <summary>All n designs with draws of its own: by redrawing, else among what fits, at last with a repetition.</summary>
    private void DrawAlone(Rival rival, RandomKey key, int n)
    {
        var fitting = new FittingSampler(cap, methods);
        rival.Designs.Clear();
        for (var index = 0; index < n; index++)
        {
            var draws = Draws(sampler, index).Where(Fits).Concat(Draws(fitting, index));
            rival.Designs.Add(draws.FirstOrDefault(design => !rival.Repeats(design)) ?? Draws(fitting, index).First());
        }

        IEnumerable<Design> Draws(ISampler from, int index) => Enumerable.Range(0, MostRedraws + 1)
            .Select(attempt => from.Draw(rival.Choice.Space, shape, key with { Sample = index, Attempt = attempt }));
    }

    private bool Fits(Design design) => BudgetSizes.SmallestTotal(design, shape, methods) <= cap;

    /// <param name="smallest">the smallest total of its designs.</param>
    /// <param name="distinct">whether it has enough designs that fit for none to come twice.</param>
    private sealed class Rival(OpenChoice choice, long smallest, bool distinct)
    {
        public OpenChoice Choice => choice;

        public long Smallest => smallest;

        public bool Paired { get; set; } = true;

        public List<Design> Designs { get; } = [];

        public bool Repeats(Design design) => distinct && Designs.Contains(design);

        public StageChoice Result(BackboneShape shape, long cap, IReadOnlyList<PeftMethod> methods) => new(
            Choice.Index, Choice.Label,
            Designs.Select((design, index) => new SampledDesign(index, design, BudgetSizes.Compute(design, cap, shape, methods).Sizes)).ToValueList(),
            Paired);
    }
}
