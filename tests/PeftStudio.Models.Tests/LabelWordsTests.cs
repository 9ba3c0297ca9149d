using PeftStudio.Models.Backbones;
using PeftStudio.Models.Peft;
using PeftStudio.Models.Sequences;
using static TorchSharp.torch;

namespace PeftStudio.Models.Tests;

public sealed class LabelWordsTests
{
    // "3", "3.1", "3.2" and "4" as a tokenizer may cut them; 1 ends each.
    private static readonly int[][] Numbers = [[7, 3, 1], [7, 3, 9, 5, 1], [7, 3, 9, 6, 1], [7, 4, 1]];

    [Theory]
    [InlineData("t5")]
    [InlineData("t5-1.0")]
    public void Label_probabilities_are_those_of_decoding_step_by_step_among_the_labels_alone(string model)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var files = new TinyModel(model);
        using var backbone = files.Load();
        var words = new LabelWords(Numbers);
        using var written = TunedModel.Create(backbone, InsertionPlan.Empty, HeadPlan.Written(words), Golden.Seed);
        using var writing = TunedModel.Create(backbone, InsertionPlan.Empty, HeadPlan.LanguageModel, Golden.Seed);
        using var batch = TinyModel.Batch(backbone);
        var found = written.Forward(batch, ForwardContext.Evaluation);
        found.shape.ShouldBe([2, 4]);
        found.exp().sum(1).data<float>().ToArray().ShouldAllBe(sum => Math.Abs(sum - 1) < 1e-5);
        for (var row = 0; row < 2; row++)
        {
            var greedy = new List<int>();
            for (var label = 0; label < Numbers.Length; label++)
                found[row, label].item<float>().ShouldBe(Restricted(Numbers[label], row), 1e-4f);
            while (!Numbers.Any(label => label.SequenceEqual(greedy)))
                greedy.Add(Next(greedy, row).MaxBy(next => next.LogProbability).Token);
            words.Greedy(found[row].data<float>().ToArray()).ShouldBe(Array.FindIndex(Numbers, label => label.SequenceEqual(greedy)));
        }

        float Restricted(int[] label, int row) => Enumerable.Range(0, label.Length).Sum(i => Next(label[..i], row).Single(next => next.Token == label[i]).LogProbability);

        // The likelihoods of what may follow, from a plain pass of the language model.
        (int Token, float LogProbability)[] Next(IReadOnlyList<int> before, int row)
        {
            var allowed = Numbers.Where(label => label.Length > before.Count && label.Take(before.Count).SequenceEqual(before)).Select(label => label[before.Count]).Distinct().ToArray();
            long[] targets = [.. before.Select(token => (long)token), 0];
            var logits = writing.Forward(batch, ForwardContext.Evaluation, tensor([.. targets, .. targets], [2, targets.Length]))[row, before.Count];
            var values = allowed.Select(token => logits[token].item<float>()).ToArray();
            var sum = Math.Log(values.Sum(value => Math.Exp(value)));
            return [.. allowed.Zip(values, (token, value) => (token, (float)(value - sum)))];
        }
    }

    [Fact]
    public void Log_probabilities_and_their_gradients_are_those_of_each_step_of_each_label()
    {
        // By hand: what goes on from each beginning, and which steps make which label.
        int[][] allowed = [[7], [3, 4], [1, 9], [5, 6]];
        (int Input, int Token)[][] steps = [[(0, 7), (1, 3), (2, 1)], [(0, 7), (1, 3), (2, 9), (3, 5)], [(0, 7), (1, 3), (2, 9), (3, 6)], [(0, 7), (1, 4)]];
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var words = new LabelWords(Numbers);
        var tokens = words.Tokens;
        var logits = empty([2, words.Inputs(0).Length, tokens.Length]).normal_(0, 3, generator).requires_grad_();
        var weights = empty([2, 4]).normal_(0, 1, generator);
        var found = words.LogProbabilities(logits);
        found.mul(weights).sum().backward();
        var gradient = logits.grad.ShouldNotBeNull().clone();
        logits.grad!.zero_();
        var expected = stack([.. steps.Select(label => stack([.. label.Select(Step)]).sum(dim: 0))], 1);
        expected.mul(weights).sum().backward();

        found.sub(expected).abs().max().item<float>().ShouldBeLessThan(1e-5f);
        gradient.sub(logits.grad!).abs().max().item<float>().ShouldBeLessThan(1e-5f);

        Tensor Step((int Input, int Token) step)
        {
            var places = tensor(allowed[step.Input].Select(token => (long)Array.IndexOf(tokens, token)).ToArray());
            return logits.select(1, step.Input).index_select(1, places).log_softmax(-1).select(1, Array.IndexOf(allowed[step.Input], step.Token));
        }
    }

    [Fact]
    public void Of_many_labels_nothing_is_kept_for_every_pair()
    {
        const int Labels = 1300;
        using var scope = NewDisposeScope();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var words = new LabelWords([.. Enumerable.Range(0, Labels).Select(label => new[] { label + 2, 1 })]);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(4_000_000);
        words.Inputs(0).ShouldBe([0], "behind its first token each label is certain");
        words.LogProbabilities(zeros([2, 1, Labels])).add(Math.Log(Labels)).abs().max().item<float>().ShouldBeLessThan(1e-4f);
    }

    [Fact]
    public void The_loss_is_the_language_models_over_the_labels_tokens()
    {
        using var scope = NewDisposeScope();
        using var files = new TinyModel("t5");
        using var backbone = files.Load();
        using var written = TunedModel.Create(backbone, InsertionPlan.Empty, HeadPlan.Written(new LabelWords(Numbers)), Golden.Seed);
        using var writing = TunedModel.Create(backbone, InsertionPlan.Empty, HeadPlan.LanguageModel, Golden.Seed);
        using var batch = TinyModel.Batch(backbone);
        var targets = tensor([7L, 3, 9, 6, 1, 7, 4, 1, -100, -100], [2, 5]);
        written.Loss(batch, tensor(new long[] { 2, 3 }), ForwardContext.Evaluation).item<float>()
            .ShouldBe(writing.Loss(batch, targets, ForwardContext.Evaluation).item<float>(), 1e-6f);
    }

    [Fact]
    public void Greedy_takes_the_likelier_beginning_though_another_label_is_likelier()
    {
        var words = new LabelWords([[2, 1], [3, 4, 1], [3, 5, 1]]);
        words.Greedy([MathF.Log(0.4f), MathF.Log(0.31f), MathF.Log(0.29f)]).ShouldBe(1);
        words.Greedy([MathF.Log(0.6f), MathF.Log(0.2f), MathF.Log(0.2f)]).ShouldBe(0);
    }

    [Fact]
    public void The_nearest_number_is_found()
    {
        var words = new LabelWords([[2, 1], [3, 1], [4, 1]], [0, 2.5f, 5]);
        new[] { -1f, 1.2f, 1.25f, 1.3f, 4.9f }.Select(words.Nearest).ShouldBe([0, 0, 0, 1, 2]);
    }

    [Fact]
    public void Labels_that_cannot_be_told_apart_are_refused()
    {
        Should.Throw<ArgumentException>(() => new LabelWords([[2, 1]])).Message.ShouldContain("at least 2");
        Should.Throw<ArgumentException>(() => new LabelWords([[2, 1], []])).Message.ShouldContain("label 2 has no tokens");
        Should.Throw<ArgumentException>(() => new LabelWords([[2, 1], [3, 1], [2, 1]])).Message.ShouldContain("labels 1 and 3");
        Should.Throw<ArgumentException>(() => new LabelWords([[2], [2, 1]])).Message.ShouldContain("labels 1 and 2");
        Should.Throw<ArgumentException>(() => new LabelWords([[2, 3, 1], [2]])).Message.ShouldContain("labels 1 and 2");
        Should.Throw<ArgumentException>(() => new LabelWords([[2, 1], [3, 1]], [1])).Message.ShouldContain("1 values for 2 labels");
    }

    [Fact]
    public void A_head_that_the_family_does_not_have_is_refused()
    {
        using var bert = new TinyModel("bert");
        using var encoder = bert.Load();
        Should.Throw<ArgumentException>(() => TunedModel.Create(encoder, InsertionPlan.Empty, HeadPlan.Written(TinyModel.Words), Golden.Seed)).Message.ShouldContain("has no decoder");
        using var t5 = new TinyModel("t5");
        using var sequence = t5.Load();
        Should.Throw<ArgumentException>(() => TunedModel.Create(sequence, InsertionPlan.Empty, HeadPlan.Classification(2), Golden.Seed)).Message.ShouldContain("its labels are words");
    }
}
