using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace PeftStudio.Migrations.Migrations
{
    /// <inheritdoc />
    public partial class ScoreMarks : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<bool>(
                name: "dev_collapsed",
                table: "trials",
                type: "boolean",
                nullable: false,
                defaultValue: false);

            migrationBuilder.AddColumn<bool>(
                name: "dev_zero_denominator",
                table: "trials",
                type: "boolean",
                nullable: false,
                defaultValue: false);

            migrationBuilder.AddColumn<bool>(
                name: "zero_denominator",
                table: "trials",
                type: "boolean",
                nullable: false,
                defaultValue: false);

            // Older results say it of the dev rows; of denominators they say nothing.
            migrationBuilder.Sql("UPDATE trials SET dev_collapsed = true WHERE (result -> 'dev' ->> 'constantPrediction')::boolean;");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "dev_collapsed",
                table: "trials");

            migrationBuilder.DropColumn(
                name: "dev_zero_denominator",
                table: "trials");

            migrationBuilder.DropColumn(
                name: "zero_denominator",
                table: "trials");
        }
    }
}
