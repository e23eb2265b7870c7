using System.Text.Json;

namespace PeerRegistry.Api.Tests.Apps;

/// <param name="Id">Null where the event has none.</param>
internal sealed record HeardEvent(string? Id, string Name, string Text)
{
    public JsonElement Data => JsonDocument.Parse(Text).RootElement;
}

/// <summary>Reads a stream of Server-Sent Events as an app does.</summary>
internal sealed class EventReader(HttpResponseMessage answer, StreamReader lines) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public HttpResponseMessage Answer => answer;

    /// <param name="after">The id of the last event that was read, or null.</param>
    public static async Task<EventReader> Open(HttpClient inner, string token, string? after = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/protected/events");
        request.Headers.Authorization = new("Bearer", token);
        if (after is not null)
            request.Headers.Add("Last-Event-ID", after);
        var answer = await inner.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        return new EventReader(answer, new StreamReader(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken)));
    }

    /// <returns>The next event. Comments and the time to wait before coming back are skipped.</returns>
    public async Task<HeardEvent> Next()
    {
        var fields = new Dictionary<string, string>();
        while (true)
        {
            var line = await Line() ?? throw new EndOfStreamException("The stream has ended.");
            if (line.Length > 0 && line.Split(": ", 2) is [var name, var value])
                fields[name] = value;
            else if (fields.TryGetValue("event", out var kind))
                return new HeardEvent(fields.GetValueOrDefault("id"), kind, fields["data"]);
        }
    }

    /// <returns>The next event, which has to have this name.</returns>
    public async Task<HeardEvent> Next(string name)
    {
        var heard = await Next();
        Assert.True(heard.Name == name, $"{name} was expected, not {heard.Name} {heard.Text}.");
        return heard;
    }

    /// <summary>Reads the beginning of a stream that starts with the present state.</summary>
    /// <returns>All peers, and the id that the last event has.</returns>
    public async Task<(IReadOnlyList<JsonElement> Peers, string Id)> Present()
    {
        var last = await Next("reset");
        var peers = new List<JsonElement>();
        for (var left = last.Data.GetProperty("peers").GetInt32(); left > 0; left--)
        {
            Assert.Null(last.Id);
            last = await Next("peer_visible");
            peers.Add(last.Data);
        }

        return (peers, last.Id!);
    }

    /// <returns>The next line, or null at the end of the stream.</returns>
    public async Task<string?> Line() => await lines.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience);

    /// <summary>Reads to the end of the stream.</summary>
    public Task<string> End() => lines.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);

    public void Dispose()
    {
        lines.Dispose();
        answer.Dispose();
    }
}
