using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace PeftStudio.Migrations.Migrations
{
    /// <inheritdoc />
    public partial class CostModels : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "cost_models",
                columns: table => new
                {
                    profile = table.Column<string>(type: "text", nullable: false),
                    backbone_hash = table.Column<string>(type: "text", nullable: false),
                    precision = table.Column<string>(type: "text", nullable: false),
                    version = table.Column<int>(type: "integer", nullable: false),
                    model = table.Column<string>(type: "jsonb", nullable: false),
                    measured_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_cost_models", x => new { x.backbone_hash, x.profile, x.precision });
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "cost_models");
        }
    }
}
