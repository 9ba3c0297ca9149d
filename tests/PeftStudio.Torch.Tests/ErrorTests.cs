using System.Runtime.InteropServices;
using PeftStudio.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace PeftStudio.Tests;

public sealed class ErrorTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void An_error_of_libtorch_is_one_line_and_an_ExternalException()
    {
        var error = Should.Throw<ExternalException>(() => ones(2, 3).matmul(ones(2, 3)));
        error.ShouldNotBeOfType<TorchOutOfMemoryException>();
        error.Message.ShouldBe("mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)");
        Should.Throw<ExternalException>(() => ones(2).view(3)).Message.ShouldContain("shape '[3]' is invalid");
        Should.Throw<ExternalException>(() => ones(2).select(5, 0)).Message.ShouldContain("Dimension out of range");
    }

    [Fact]
    public void Errors_belong_to_the_thread_that_made_them()
    {
        var messages = new string[8];
        var threads = Enumerable.Range(0, messages.Length).Select(i => new Thread(() =>
        {
            for (var round = 0; round < 50; round++)
                messages[i] = Should.Throw<ExternalException>(() => ones(4).view(100 + i)).Message;
        })).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        for (var i = 0; i < messages.Length; i++)
            messages[i].ShouldContain($"[{100 + i}]");
    }

    [Fact]
    public void Out_of_memory_is_told_apart_and_leaves_the_process_well()
    {
        Should.Throw<TorchOutOfMemoryException>(() => empty(1L << 46)).Message.ShouldContain("memory");
        ones(2).sum().ShouldHold(2);
    }

    [Fact]
    public void A_device_that_is_not_there_is_refused()
    {
        if (cuda.is_available())
            cuda.device_count().ShouldBeGreaterThan(0);
        else
            Should.Throw<ExternalException>(() => ones(1).cuda());
        Should.Throw<ArgumentException>(() => new Device("gpu")).Message.ShouldContain("write cpu or cuda");
        new Device("cuda:1").ToString().ShouldBe("cuda:1");
        new Device("cuda:1").index.ShouldBe(1);
    }

    [Fact]
    public void Reading_in_the_wrong_type_is_refused()
    {
        Should.Throw<InvalidOperationException>(() => tensor([1L]).item<float>()).Message.ShouldContain("Int64");
        Should.Throw<InvalidOperationException>(() => tensor([1f, 2f]).item<float>()).Message.ShouldContain("2");
        Should.Throw<InvalidOperationException>(() => tensor([1f]).data<double>());
        Should.Throw<InvalidOperationException>(() => ones(2, 3).t().bytes.Length).Message.ShouldContain("contiguous");
        tensor([3L]).item<long>().ShouldBe(3);
        tensor(2.5).item<double>().ShouldBe(2.5);
        tensor(true).item<bool>().ShouldBeTrue();
        tensor([1.5f]).to(bfloat16).ToSingle().ShouldBe(1.5f);
        ((int)tensor(7L)).ShouldBe(7);
    }

    [Fact]
    public void Named_dimensions_are_refused_rather_than_ignored() =>
        Should.Throw<NotSupportedException>(() => zeros(2, names: ["N"]));
}
