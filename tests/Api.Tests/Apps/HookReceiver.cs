using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using PeerRegistry.Api.Tests.Common;

namespace PeerRegistry.Api.Tests.Apps;

/// <summary>A request that an app was sent.</summary>
internal sealed record Posted(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public string Id => Headers["webhook-id"];

    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public string? Type => Json.GetProperty("type").GetString();

    public JsonElement Peer => Json.GetProperty("data");

    /// <summary>The signature by Standard Webhooks, computed from its text alone.</summary>
    public string SignatureWith(string secret)
    {
        var signed = Encoding.UTF8.GetBytes($"{Id}.{Headers["webhook-timestamp"]}.{Body}");
        return "v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(secret["whsec_".Length..]), signed));
    }
}

/// <summary>The server of an app, which keeps what it is sent and answers 204, or what the test wants.</summary>
internal sealed class HookReceiver : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Channel<Posted> posted = Channel.CreateUnbounded<Posted>();
    private WebApplication server = null!;

    /// <summary>What to answer to the next requests, before 204 again.</summary>
    public ConcurrentQueue<RequestDelegate> Answers { get; } = new();

    /// <summary><c>host:port</c>.</summary>
    public string Address => new Uri(server.Urls.First()).Authority;

    public static async Task<HookReceiver> Start()
    {
        var receiver = new HookReceiver();
        receiver.server = await PlainHost.Start(receiver.Receive);
        return receiver;
    }

    public void Refuse(int status, int times = 1, string? location = null)
    {
        for (var i = 0; i < times; i++)
        {
            Answers.Enqueue(context =>
            {
                context.Response.StatusCode = status;
                context.Response.Headers.Location = location;
                return Task.CompletedTask;
            });
        }
    }

    /// <returns>The next request, which has to tell this.</returns>
    public async Task<Posted> Next(string type)
    {
        var next = await posted.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience);
        Assert.True(next.Type == type, $"{type} was expected, not {next.Body}.");
        return next;
    }

    public bool HasMore() => posted.Reader.TryPeek(out _);

    public ValueTask DisposeAsync() => server.DisposeAsync();

    private async Task Receive(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        var headers = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        if (Answers.TryDequeue(out var answer))
            await answer(context);
        await posted.Writer.WriteAsync(new Posted(context.Request.Method, context.Request.Path + context.Request.QueryString, headers, body));
    }
}
