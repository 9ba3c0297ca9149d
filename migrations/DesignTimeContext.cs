using Microsoft.EntityFrameworkCore.Design;
using Npgsql;
using PeftStudio.Storage;

namespace PeftStudio.Migrations;

/// <summary>
/// What `dotnet ef` takes the model from; it connects to nothing. A new migration:
/// <c>migrations/add NAME</c>.
/// </summary>
internal sealed class DesignTimeContext : IDesignTimeDbContextFactory<StudioContext>
{
    public StudioContext CreateDbContext(string[] args) =>
        new(StudioDatabase.Options(NpgsqlDataSource.Create("Host=localhost;Database=design_time")));
}
