using System.Numerics;
using PeftStudio.Formats.Exports;
using PeftStudio.Models.Backbones;
using PeftStudio.Models.Exports;
using PeftStudio.Models.Forwarding;
using PeftStudio.Models.Peft;
using PeftStudio.Search;
using PeftStudio.Search.DesignSpaces;
using PeftStudio.Search.Exports;
using PeftStudio.Search.Methods;
using PeftStudio.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

/// <summary>Every combination that the rules allow trains, whether anybody has named it or not.</summary>
public sealed class ComposedMethodTests
{
    private static readonly PeftMethod[] Possible =
    [
        .. from form in Enum.GetValues<FunctionalForm>()
           from insertion in Enum.GetValues<InsertionForm>()
           from composition in Enum.GetValues<Composition>()
           from bits in Enumerable.Range(1, 511)
           let method = new PeftMethod("own", "Own", form, (ModifiedRepresentation)bits, insertion, composition, composition is Composition.Scaled ? -0.5 : 1)
           where MethodRules.Problem(method) is null
           select method,
    ];

    public static TheoryData<FunctionalForm, InsertionForm, Composition> Kinds
    {
        get
        {
            var kinds = new TheoryData<FunctionalForm, InsertionForm, Composition>();
            foreach (var (form, insertion, composition) in Possible.Select(method => (method.Form, method.Insertion, method.Composition)).Distinct())
                kinds.Add(form, insertion, composition);
            return kinds;
        }
    }

    [Fact]
    public void All_are_here() => Possible.Length.ShouldBe(554);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Each_counts_as_the_formula_says_starts_as_the_backbone_and_trains_every_parameter(FunctionalForm form, InsertionForm insertion, Composition composition)
    {
        using var files = new TinyBackbone("bert");
        using var backbone = files.Load();
        using var scope = NewDisposeScope();
        using var batch = TinyBackbone.Batch(backbone.Config.PadTokenId);
        using var plain = TunedModel.Create(backbone, InsertionPlan.Empty, HeadPlan.Classification(3), new InitialisationSeed(1, 2));
        var untrained = Logits(plain, batch);
        foreach (var method in Of(form, insertion, composition))
        {
            using var each = NewDisposeScope();
            using var tuned = Create(backbone, method);
            var size = method.IsSized ? 3 : 0;
            tuned.Parameters.BackboneCount.ShouldBe(2 * method.ParametersPerLayer(backbone.Shape.Stacks[0], size), method.Representation.ToString());
            if (composition is Composition.Gated)
                Logits(tuned, batch).ShouldNotBe(untrained);
            else
                Logits(tuned, batch).ShouldBe(untrained, method.Representation.ToString());

            TrainedAdapter.Disturb(tuned);
            var before = Loss(tuned, batch);
            before.backward();
            foreach (var parameter in tuned.Parameters.Parameters.Where(parameter => !parameter.Name.EndsWith("key.bias", StringComparison.Ordinal))) // softmax does not see a key's bias
                parameter.Value.grad!.abs().sum().ToDouble().ShouldBeGreaterThan(1e-7, $"{method.Representation}: {parameter.Name}");
            using (no_grad())
                tuned.Parameters.Values.sub_(tuned.Parameters.Gradient * 1e-3);
            Loss(tuned, batch).ToDouble().ShouldBeLessThan(before.ToDouble(), method.Representation.ToString());
        }
    }

    [Theory]
    [InlineData("t5")]
    [InlineData("t5-1.0")]
    [InlineData("bart")]
    public void In_an_encoder_decoder_each_counts_as_the_formula_says_and_starts_as_the_backbone(string model)
    {
        using var files = new TinyModel(model);
        using var backbone = files.Load();
        using var scope = NewDisposeScope();
        using var batch = TinyModel.Batch(backbone);
        var head = TinyModel.Head(backbone);
        using var plain = TunedModel.Create(backbone, InsertionPlan.Empty, head, new InitialisationSeed(1, 2));
        var untrained = Logits(plain, batch);
        foreach (var method in Possible)
        {
            using var each = NewDisposeScope();
            var design = Design with
            {
                Groupings = backbone.Shape.Stacks.Select(stack => new LayerGrouping([1, stack.Layers - 1])).ToValueList(),
                Tunable = new TunableGroups([1, 2]),
                Methods = [new MethodSet(["own"]), new MethodSet(["own"])],
            };
            var size = method.IsSized ? 3 : 0;
            var sizes = backbone.Shape.Stacks.SelectMany(stack => new[] { 0, 1 }.Select(group => new MethodSize(stack.Name, group, "own", size, method.ParametersPerLayer(stack, size)))).ToValueList();
            using var tuned = TunedModel.Create(backbone, design, new DesignSizes(sizes, 0), [method], head, new InitialisationSeed(1, 2));
            tuned.Parameters.BackboneCount.ShouldBe(backbone.Shape.Stacks.Sum(stack => stack.Layers * method.ParametersPerLayer(stack, size)), method.ToString());
            if (method.Composition is not Composition.Gated)
                Logits(tuned, batch).ShouldBe(untrained, method.ToString());
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Gradients_of_each_kind_are_the_finite_differences(FunctionalForm form, InsertionForm insertion, Composition composition)
    {
        using var files = new TinyBackbone("bert");
        using var backbone = Backbone.Load(files.Folder, CPU, ScalarType.Float64);
        using var scope = NewDisposeScope();
        using var batch = TinyBackbone.Batch(backbone.Config.PadTokenId);
        using var tuned = Create(backbone, Widest(form, insertion, composition));
        TrainedAdapter.Disturb(tuned, seed: 11); // a seed that leaves no ReLU's kink between two neighbours
        Loss(tuned, batch).backward();
        FiniteDifferences.ShouldBeTheGradients(tuned.Parameters.Parameters, () => Loss(tuned, batch).ToDouble());
    }

    /// <summary>Exporting proves by itself that what it wrote gives the adapter's logits; what a layout cannot carry it must say.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Its_files_come_back_and_each_layout_carries_it_or_says_why_not(FunctionalForm form, InsertionForm insertion, Composition composition)
    {
        using var files = new TinyBackbone("bert");
        using var backbone = files.Load();
        using var scope = NewDisposeScope();
        using var batch = TinyBackbone.Batch(backbone.Config.PadTokenId);
        foreach (var method in Of(form, insertion, composition).Where(method => BitOperations.IsPow2((int)method.Representation)).Append(Widest(form, insertion, composition)))
        {
            using var each = NewDisposeScope();
            using var folder = new TempFolder();
            using var tuned = TrainedAdapter.Write(backbone, Design, Sizes(backbone, method), [method], "MNLI", folder["own"]);
            using (var again = LoadedAdapter.Read(folder["own"], backbone))
                Logits(again.Model, batch).ShouldBe(Logits(tuned, batch), method.Representation.ToString());
            foreach (var layout in Enum.GetValues<ExportLayout>())
            {
                try
                {
                    AdapterExport.Write(folder["own"], backbone, layout, folder[layout.ToString()]).Comparison.LargestLogit.ShouldBeGreaterThan(0.01);
                }
                catch (ExportRefusedException refused)
                {
                    refused.Message.ShouldContain("cannot be exported as", customMessage: $"{method} as {layout}");
                    refused.Message.ShouldContain("own in layers 0-1: ");
                }
            }
        }
    }

    private static IEnumerable<PeftMethod> Of(FunctionalForm form, InsertionForm insertion, Composition composition) =>
        Possible.Where(method => method.Form == form && method.Insertion == insertion && method.Composition == composition);

    /// <summary>At every place that the kind may have.</summary>
    private static PeftMethod Widest(FunctionalForm form, InsertionForm insertion, Composition composition) => Of(form, insertion, composition).MaxBy(method => method.Representation)!;

    /// <summary>Two tuned layers of four, one between them frozen.</summary>
    private static readonly Design Design = new(
        LayerPattern.Uniform, [new LayerGrouping([1, 1, 2])], AllocationPattern.Uniform, new TunableGroups([1, 2]), [new MethodSet(["own"]), new MethodSet(["own"]), MethodSet.Empty]);

    private static DesignSizes Sizes(Backbone backbone, PeftMethod method)
    {
        var size = method.IsSized ? 3 : 0;
        var perLayer = method.ParametersPerLayer(backbone.Shape.Stacks[0], size);
        return new DesignSizes([new MethodSize("encoder", 0, "own", size, perLayer), new MethodSize("encoder", 1, "own", size, perLayer)], 2 * perLayer);
    }

    private static TunedModel Create(Backbone backbone, PeftMethod method) =>
        TunedModel.Create(backbone, Design, Sizes(backbone, method), [method], HeadPlan.Classification(3), new InitialisationSeed(1, 2));

    private static float[] Logits(TunedModel model, TokenBatch batch)
    {
        using var noGrad = no_grad();
        using var logits = model.Forward(batch, ForwardContext.Evaluation);
        return logits.data<float>().ToArray();
    }

    private static Tensor Loss(TunedModel model, TokenBatch batch) =>
        model.Head.Loss(model.Forward(batch, ForwardContext.Evaluation), tensor(new long[] { 2, 0 }));
}
