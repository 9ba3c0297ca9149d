using System.Net;
using System.Text;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Tasks;
using PeftStudio.Tests;
using PeftStudio.Web.Assets;
using PeftStudio.Web.Parts.NewStudy;
using PeftStudio.Web.Studies;

namespace PeftStudio.Web.Tests;

/// <summary>A task whose targets are texts: uploaded, shown, and refused for a study where it is chosen.</summary>
public sealed class GenerationTaskTests : IClassFixture<GenerationTaskTests.OneTask>
{
    private const string Refusal = "asks for written text, and a backbone of the kind bert writes none; leave the task out, or choose an encoder-decoder such as T5 or BART";

    private const string Json = """
        {
          "name": "headlines", "files": { "train": "train.jsonl", "dev": "dev.jsonl" }, "columns": { "text": "document", "target": "summary" },
          "generation": { "maxTokens": 60, "prefix": "summarize: " }, "metrics": ["rouge1", "rougeL"]
        }
        """;

    private const string Rows = """{"document": "It rained all day.", "summary": "Rain"}""";

    private readonly HttpClient client;

    public GenerationTaskTests(OneTask fixture) => client = fixture.Client;

    public sealed class OneTask : IAsyncLifetime
    {
        private readonly Studio studio = new();

        internal HttpClient Client { get; private set; } = new();

        public async ValueTask InitializeAsync()
        {
            await studio.StartAsync();
            Client = studio.Client();
            using var answer = await Client.PostAsync("/api/v1/tasks", Studio.Upload("headlines", ("a.zip", Studio.Zip(("task.json", Json), ("train.jsonl", Rows), ("dev.jsonl", Rows)))));
            answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        }

        public ValueTask DisposeAsync() => studio.DisposeAsync();
    }

    [Theory]
    [InlineData("/tasks", "texts of up to 60 tokens")]
    [InlineData("/tasks", "rouge1, rougeL")]
    [InlineData("/tasks/headlines", "generation: up to 60 tokens, 4 beams, asked with &quot;summarize: &quot;")]
    [InlineData("/tasks/headlines", "<td>Rain</td>")]
    [InlineData("/api/v1/tasks/headlines", "\"generation\":{\"maxTokens\":60,\"beams\":4,\"prefix\":\"summarize: \"}")]
    [InlineData("/api/v1/tasks/headlines/rows", "\"target\":\"Rain\"")]
    [InlineData("/studies/new", Refusal)]
    public async Task It_is_shown(string url, string says) => (await client.GetStringAsync(url)).ShouldContain(says);

    [Theory]
    [InlineData(64, null)]
    [InlineData(59, "'headlines' asks for texts of up to 60 tokens; this backbone has positions for 59. Lower generation.maxTokens in its task.json")]
    public void An_encoder_decoder_takes_it_where_it_has_positions_enough(int positions, string? refusal)
    {
        using var folder = new TempFolder();
        folder.Write("headlines/task.json", Json);
        folder.Write("headlines/train.jsonl", Rows);
        folder.Write("headlines/dev.jsonl", Rows);
        var config = BackboneConfig.Parse(Encoding.UTF8.GetBytes($$"""
            {"model_type": "bart", "vocab_size": 50, "d_model": 16, "encoder_layers": 3, "encoder_attention_heads": 2, "encoder_ffn_dim": 24,
             "decoder_layers": 3, "decoder_attention_heads": 2, "decoder_ffn_dim": 24, "max_position_embeddings": {{positions}}}
            """));

        var look = PlanLook.At(
            StudyDesk.Empty with { Backbone = "tiny", Tasks = ["headlines"] }, [new BackboneListing("tiny", "tiny", config, new string('a', 64), config.Shape(), null)], TaskCatalog.Scan(folder.Path));

        look.Problems.SingleOrDefault(problem => problem.Field == "tasks[0]")?.Message.ShouldBe(refusal);
        (refusal is null).ShouldBe(look.Problems.All(problem => problem.Field != "tasks[0]"));
    }

    [Fact]
    public async Task A_study_over_it_is_refused_by_the_tasks_field()
    {
        var plan = Studio.Plan();
        plan.ShouldContain("tasks: [similarity]");
        using var answer = await client.PostAsync("/api/v1/studies", Studio.Yaml(plan.Replace("tasks: [similarity]", "tasks: [similarity, headlines]", StringComparison.Ordinal)));

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var problem = await answer.Content.ReadAsStringAsync();
        problem.ShouldContain("tasks[1]");
        problem.ShouldContain(Refusal);
    }
}
