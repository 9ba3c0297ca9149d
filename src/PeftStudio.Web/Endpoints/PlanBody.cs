using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using PeftStudio.Formats.Studies;
using PeftStudio.Search.Studies;

namespace PeftStudio.Web.Endpoints;

/// <summary>A plan in a request's body, JSON or YAML by its own first letter; problems by field, as the form shows them.</summary>
internal static class PlanBody
{
    public static ValidationProblem NoPlan => Invalid([("", "the body is empty; send a plan in JSON or YAML")]);

    public static async Task<(StudyPlan? Plan, ValidationProblem? Refusal)> Read(HttpRequest request, int mostBytes, CancellationToken cancel)
    {
        var text = await Text(request, mostBytes, cancel);
        if (text is null)
            return (null, Invalid([("", $"the body is larger than {mostBytes} bytes or no UTF-8")]));
        if (string.IsNullOrWhiteSpace(text))
            return (null, NoPlan);
        var reading = StudyYaml.Read(text);
        return reading.Plan is { } plan
            ? (plan, null)
            : (null, Invalid(reading.Problems.Select(problem => (problem.Key, $"line {problem.Line}, column {problem.Column}: {problem.Message}"))));
    }

    public static ValidationProblem Invalid(IEnumerable<(string Field, string Message)> problems) => TypedResults.ValidationProblem(
        problems.GroupBy(problem => problem.Field, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Select(problem => problem.Message).ToArray(), StringComparer.Ordinal),
        title: "The plan cannot be started", detail: "each entry of 'errors' names a field of the plan and what to change");

    private static async Task<string?> Text(HttpRequest request, int mostBytes, CancellationToken cancel)
    {
        using var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await request.Body.ReadAsync(buffer, cancel)) > 0)
        {
            if (body.Length + read > mostBytes)
                return null;
            body.Write(buffer, 0, read);
        }
        try
        {
            return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(body.GetBuffer(), 0, (int)body.Length);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
