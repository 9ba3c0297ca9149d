using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using PeftStudio.Formats.Backbones;
using PeftStudio.Formats.Safetensors;
using PeftStudio.Tests;

namespace PeftStudio.Web.Tests;

/// <summary>Tasks that a study takes under a condition: with rows that cannot be used once that is agreed, over a T5 where it can write the labels.</summary>
public sealed class TasksOfStudiesTests : IAsyncLifetime
{
    private readonly Studio studio = new();
    private HttpClient client = new();

    public async ValueTask InitializeAsync()
    {
        await studio.StartAsync();
        client = studio.Client();
    }

    public ValueTask DisposeAsync() => studio.DisposeAsync();

    [Fact]
    public async Task A_task_with_a_bad_row_is_refused_with_the_row_until_leaving_it_out_is_agreed()
    {
        await Upload("torn", "yes", "no", "a good day\tyes\nonly a text\nno day\tno\n");
        var plan = Studio.Plan().Replace("[similarity]", "[similarity, torn]", StringComparison.Ordinal);

        using (var refused = await client.PostAsync("/api/v1/studies", Studio.Yaml(plan)))
            await refused.ShouldBeProblem(HttpStatusCode.BadRequest, "tasks[1]", "'torn' has rows that cannot be used", "train.tsv, row 3: it has 1 column", "training.skipBadRows");
        (await client.GetStringAsync("/tasks/torn")).ShouldContain("1 row cannot be used. A study takes the task once it agrees");

        using var agreed = await client.PostAsync("/api/v1/studies", Studio.Yaml(plan + "\ntraining: { skipBadRows: true }\n"));
        agreed.StatusCode.ShouldBe(HttpStatusCode.Created, await agreed.Content.ReadAsStringAsync());
        (await client.GetStringAsync(agreed.Headers.Location + "/plan.yaml")).ShouldContain("skipBadRows: true");
    }

    [Theory]
    [InlineData("yes", "no", null)]
    [InlineData("§", "¶", "gives labels 1 and 2 ('§', '¶') the same tokens. Give the labels other names in its task.json")]
    public async Task A_t5_takes_a_task_whose_labels_it_can_tell_apart(string first, string second, string? refusal)
    {
        WriteT5(Path.Join(studio.Data, "backbones", "small-t5"));
        await Upload("signs", first, second, $"a good day\t{first}\nno day\t{second}\n");
        var plan = Studio.Plan().Replace("backbone: sample", "backbone: small-t5", StringComparison.Ordinal).Replace("[similarity]", "[signs]", StringComparison.Ordinal);
        plan += "\nbudget: { percent: 50 }\n";

        using var forecast = await client.PostAsync("/api/v1/forecast", Studio.Yaml(plan));
        var problems = (await forecast.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("problems").ToString();
        if (refusal is null)
            problems.ShouldBe("[]");
        else
            problems.ShouldContain("tasks[0]");
        using var answer = await client.PostAsync("/api/v1/studies", Studio.Yaml(plan));
        if (refusal is null)
            answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        else
            await answer.ShouldBeProblem(HttpStatusCode.BadRequest, "tasks[0]", "'signs' cannot be written by this backbone", refusal);
    }

    private async Task Upload(string name, string first, string second, string train)
    {
        var json = JsonSerializer.Serialize(new
        {
            name,
            files = new { train = "train.tsv", dev = "dev.tsv" },
            columns = new { text = "sentence", label = "label" },
            labels = new[] { first, second },
            metrics = new[] { "accuracy" },
        });
        var dev = $"sentence\tlabel\nthe film\t{first}\n";
        using var answer = await client.PostAsync("/api/v1/tasks", Studio.Upload(name, ("a.zip", Studio.Zip(("task.json", json), ("train.tsv", "sentence\tlabel\n" + train), ("dev.tsv", dev)))));
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
    }

    private static void WriteT5(string folder)
    {
        Directory.CreateDirectory(folder);
        var vocabulary = TinyUnigram.Write(folder, ["yes", "no", "day"]);
        var config = $$"""
            {"model_type": "t5", "vocab_size": {{vocabulary}}, "d_model": 12, "d_kv": 4, "d_ff": 20, "num_layers": 4, "num_decoder_layers": 4, "num_heads": 3,
             "relative_attention_num_buckets": 8, "feed_forward_proj": "relu", "tie_word_embeddings": true}
            """;
        File.WriteAllText(Path.Join(folder, "config.json"), config);
        SafetensorsWriter.Write(Path.Join(folder, "model.safetensors"), NetworkKeys.Of(BackboneConfig.Parse(Encoding.UTF8.GetBytes(config)))
            .Select(tensor => SafetensorsTensor.FromFloats(tensor.Key, new float[tensor.Shape.Aggregate(1L, (count, size) => count * size)], tensor.Shape)).ToArray());
    }
}
