namespace TorchSharp;

/// <summary>
/// Frees the tensors made in it. Scopes nest, by thread; a result that should outlive its scope moves to the outer one, a parameter is detached.
/// </summary>
public sealed class DisposeScope : IDisposable
{
    [ThreadStatic]
    private static DisposeScope? s_current;

    private readonly HashSet<IDisposable> _disposables = new(ReferenceEqualityComparer.Instance);
    private DisposeScope? _outer;
    private bool _closed;

    private DisposeScope(DisposeScope? outer) => _outer = outer;

    public int DisposablesCount => _disposables.Count;

    internal static DisposeScope? Current => s_current;

    internal static DisposeScope Open() => s_current = new DisposeScope(s_current);

    public bool Contains(IDisposable disposable) => _disposables.Contains(disposable);

    public void Attach(IDisposable disposable)
    {
        if (disposable is torch.Tensor tensor)
        {
            if (tensor.Scope == this)
                return;
            tensor.Scope?.Forget(tensor);
            tensor.Scope = this;
        }
        _disposables.Add(disposable);
    }

    public T Detach<T>(T disposable)
        where T : IDisposable
    {
        Forget(disposable);
        return disposable;
    }

    public T MoveToOuter<T>(T disposable)
        where T : IDisposable
    {
        Forget(disposable);
        _outer?.Attach(disposable);
        return disposable;
    }

    public T MoveToOther<T>(DisposeScope? scope, T disposable)
        where T : IDisposable
    {
        Forget(disposable);
        scope?.Attach(disposable);
        return disposable;
    }

    public void MarkAsDisposed(IDisposable disposable) => Forget(disposable);

    /// <summary>Frees what the scope holds; the scope stays open.</summary>
    public void DisposeEverything()
    {
        var doomed = _disposables.ToArray();
        _disposables.Clear();
        foreach (var disposable in doomed)
        {
            if (disposable is torch.Tensor tensor)
                tensor.Scope = null;
            disposable.Dispose();
        }
    }

    public void Dispose()
    {
        if (_closed)
            return;
        _closed = true;
        DisposeEverything();
        if (s_current == this)
        {
            s_current = _outer;
            return;
        }
        for (var inner = s_current; inner is not null; inner = inner._outer)
            if (inner._outer == this)
                inner._outer = _outer;
    }

    internal static void Adopt(torch.Tensor tensor)
    {
        if (s_current is not { } scope)
            return;
        tensor.Scope = scope;
        scope._disposables.Add(tensor);
    }

    private void Forget(IDisposable disposable)
    {
        if (_disposables.Remove(disposable) && disposable is torch.Tensor tensor)
            tensor.Scope = null;
    }
}

public static partial class torch
{
    public static DisposeScope? CurrentDisposeScope => DisposeScope.Current;

    public static DisposeScope NewDisposeScope() => DisposeScope.Open();

    /// <summary>Runs the expression in a scope of its own; its result alone survives.</summary>
    public static Tensor WrappedTensorDisposeScope(Func<Tensor> expr)
    {
        using var scope = NewDisposeScope();
        return expr().MoveToOuterDisposeScope();
    }
}
