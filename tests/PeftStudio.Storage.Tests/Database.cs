using PeftStudio.Migrations;

namespace PeftStudio.Storage.Tests;

/// <summary>A migrated database for one test class.</summary>
public sealed class Database : IAsyncLifetime
{
    public StudioDatabase Studio { get; } = new(PeftStudio.Tests.PostgresFixture.NewDatabase(), TimeProvider.System);

    public async ValueTask InitializeAsync() => await Migrator.MigrateAsync(Studio, CancellationToken.None);

    public ValueTask DisposeAsync() => Studio.DisposeAsync();
}
