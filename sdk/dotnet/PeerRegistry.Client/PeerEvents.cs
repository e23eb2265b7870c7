using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace PeerRegistry.Client;

/// <summary>A peer as an event tells of it. Of one that was removed only the IDs are told, and the rest is null.</summary>
/// <param name="IsReachable">Null before first contact, too.</param>
public sealed record SeenPeer(string Id, string ShortId, string? Name, string? Domain, string? Status, bool? IsReachable);

/// <summary>Something that happened to a peer that this app sees.</summary>
/// <param name="Type">Such as <c>peer_renamed</c>. After <see cref="Reset"/> the present state follows, so forget what you know.</param>
/// <param name="Id">
/// Of the stream, to go on from; null where it cannot be gone on from. Of a webhook, the same in every attempt.
/// </param>
/// <param name="Peer">Null with <see cref="Reset"/>.</param>
/// <param name="Peers">With <see cref="Reset"/>, how many <c>peer_visible</c> follow; else null.</param>
public sealed record PeerEvent(string Type, string? Id, SeenPeer? Peer, int? Peers = null)
{
    public const string Reset = "reset";
}

/// <summary>How many <c>peer_visible</c> follow a <see cref="PeerEvent.Reset"/>.</summary>
internal sealed record ResetData(int Peers);

/// <summary>The stream of events (HTML Living Standard, section 9.2), opened again whenever it ends.</summary>
internal sealed class PeerEventStream(CoreSender core, PortalOptions options)
{
    /// <summary>The core sends a comment after 15 s of silence.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(45);

    private TimeSpan pause = TimeSpan.FromSeconds(2);

    public async IAsyncEnumerable<PeerEvent> Read(string? last, [EnumeratorCancellation] CancellationToken ct)
    {
        while (true)
        {
            await using (var events = ReadOnce(last, ct).GetAsyncEnumerator(ct))
            {
                while (await Next(events, ct) is { } next)
                {
                    yield return next;
                    last = next.Id ?? last;
                }
            }

            await Task.Delay(pause, options.Clock, ct);
        }
    }

    /// <returns>Null at the end of the stream, however it has ended.</returns>
    /// <exception cref="PortalException">The core refuses, other than because it is busy.</exception>
    private static async Task<PeerEvent?> Next(IAsyncEnumerator<PeerEvent> events, CancellationToken ct)
    {
        try
        {
            return await events.MoveNextAsync() ? events.Current : null;
        }
        catch (PortalException refused) when ((int)refused.StatusCode! is 429 or >= 500)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or HttpRequestException and not PortalException && !ct.IsCancellationRequested)
        {
            return null;
        }
    }

    private async IAsyncEnumerable<PeerEvent> ReadOnce(string? last, [EnumeratorCancellation] CancellationToken ct)
    {
        using var silence = new CancellationTokenSource(LongestSilence, options.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, silence.Token);
        using var request = new HttpRequestMessage(HttpMethod.Get, null as Uri);
        if (last is not null)
            request.Headers.TryAddWithoutValidation("Last-Event-ID", last);
        using var answer = await core.Send(request, "/protected/events", fromPeer: false, either.Token);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(either.Token));
        var fields = new Dictionary<string, string>();
        while (await lines.ReadLineAsync(either.Token) is { } line)
        {
            silence.CancelAfter(LongestSilence);
            if (line.Length == 0)
            {
                if (Event(fields) is { } complete)
                    yield return complete;
                fields.Clear();
            }
            else if (line.Split(": ", 2) is [var name, var value])
            {
                fields[name] = value;
                if (name == "retry" && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds))
                    pause = TimeSpan.FromMilliseconds(milliseconds);
            }
        }
    }

    private static PeerEvent? Event(Dictionary<string, string> fields) => fields.GetValueOrDefault("event") switch
    {
        null => null,
        PeerEvent.Reset => new(
            PeerEvent.Reset, fields.GetValueOrDefault("id"), null, JsonSerializer.Deserialize(fields["data"], PortalJson.Default.ResetData)?.Peers),
        var type => new(type, fields.GetValueOrDefault("id"), JsonSerializer.Deserialize(fields["data"], PortalJson.Default.SeenPeer)),
    };
}
