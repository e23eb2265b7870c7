using System.Net;
using System.Text;
using System.Text.Json;
using PeerRegistry.Api.Http;

namespace PeerRegistry.Api.Tests.Common;

/// <summary>What an answer said, read to its end.</summary>
internal sealed record Said(HttpStatusCode Status, string Body, HttpResponseMessage Answer)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>The problem's code; also checks that it is one.</summary>
    public string Code
    {
        get
        {
            Assert.Equal("application/problem+json", Answer.Content.Headers.ContentType?.MediaType);
            Assert.Equal((int)Status, Json.GetProperty("status").GetInt32());
            return Json.GetProperty("code").GetString()!;
        }
    }

    /// <summary>Null where the field is absent.</summary>
    public string? Header(string name) =>
        Answer.Headers.NonValidated.TryGetValues(name, out var values) || Answer.Content.Headers.NonValidated.TryGetValues(name, out values)
            ? string.Join(", ", values)
            : null;
}

internal static class HttpCalls
{
    public static async Task<Said> Say(
        this HttpClient client, HttpMethod method, string target, string? json = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, target);
        if (json is not null)
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return new Said(answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), answer);
    }

    public static Task<Said> Get(this HttpClient client, string target, params (string Name, string Value)[] headers) =>
        client.Say(HttpMethod.Get, target, null, headers);

    public static Task<Said> Post(this HttpClient client, string target, string? json = null, params (string Name, string Value)[] headers) =>
        client.Say(HttpMethod.Post, target, json, headers);

    public static Task<Said> Put(this HttpClient client, string target, string json, params (string Name, string Value)[] headers) =>
        client.Say(HttpMethod.Put, target, json, headers);

    public static Task<Said> Delete(this HttpClient client, string target, params (string Name, string Value)[] headers) =>
        client.Say(HttpMethod.Delete, target, null, headers);

    public static (string Name, string Value) Bearer(string token) => ("Authorization", $"Bearer {token}");
}
