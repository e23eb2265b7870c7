using System.Collections.Frozen;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using PeerRegistry.Api.Http;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Fake;

/// <summary>What the app is told of the peers: made by comparing them with what they were, as the core does.</summary>
internal sealed class FakeEvents(FakePortal portal)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    private static readonly FrozenDictionary<string, PeerNewsKind> Kinds = Enum.GetValues<PeerNewsKind>().ToFrozenDictionary(kind => kind.Name());

    private readonly Lock gate = new(); // guards what follows
    private readonly string era = RandomNumberGenerator.GetHexString(16, lowercase: true);
    private readonly List<PeerNews> told = [];
    private Dictionary<ShortId, PeerInSight> seen = [];

    public static IEnumerable<string> Types => Kinds.Keys.Order(StringComparer.Ordinal);

    public static async Task Stream(FakePortal portal, HttpContext context)
    {
        var (position, ct) = (portal.Events.Position(context.Request.LastRead()), context.RequestAborted);
        context.BeginEvents();
        await context.Response.SendEvents(EventStream.Greeting, ct);
        while (true)
        {
            (var text, position) = portal.Events.After(position);
            if (text.Length > 0)
                await context.Response.SendEvents(text, ct);
            await Task.Delay(Look, TimeProvider.System, ct);
        }
    }

    /// <exception cref="InvalidOperationException">The description of the app names no webhook.</exception>
    /// <exception cref="ArgumentException">There is no such event.</exception>
    public HttpRequestMessage Request(FakePeer peer, string type, Sent signature)
    {
        if (!Kinds.TryGetValue(type, out var kind))
            throw new ArgumentException($"{type} is no event. Events are {string.Join(", ", Types)}.", nameof(type));

        var (id, now) = ($"msg_{RandomNumberGenerator.GetHexString(32, lowercase: true)}", TimeProvider.System.GetUtcNow());
        var body = Encoding.UTF8.GetBytes(new PeerNews(kind, InSight(peer)).Webhook(now));
        var request = new HttpRequestMessage(HttpMethod.Post, portal.WebhookPath ?? throw new InvalidOperationException("The description names no webhook."))
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };
        request.Headers.TryAddWithoutValidation(WebhookSignature.IdHeader, id);
        request.Headers.TryAddWithoutValidation(WebhookSignature.TimestampHeader, now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        if (signature != Sent.Absent)
        {
            var secret = signature == Sent.Right ? portal.WebhookSecret : WebhookSignature.SecretOf(new byte[32]);
            request.Headers.TryAddWithoutValidation(WebhookSignature.Header, WebhookSignature.Sign(secret, id, now.ToUnixTimeSeconds(), body));
        }

        return request;
    }

    private static PeerInSight InSight(FakePeer peer)
    {
        _ = ShortId.TryParse(peer.ShortId, out var id);
        return new(peer.Id, id, peer.Name, peer.Domain, Enum.Parse<PeerStatus>(peer.Status, ignoreCase: true), peer.IsReachable);
    }

    /// <returns>The number of an event, or -1 if nothing can follow it.</returns>
    private int Position(string? id)
    {
        lock (gate)
        {
            return id?.Split('-') is [var its, var text] && its == era
                && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= told.Count
                ? number
                : -1;
        }
    }

    /// <returns>What has happened since, and the number from which to go on.</returns>
    private (string Text, int Position) After(int position)
    {
        lock (gate)
        {
            var now = portal.Peers.Where(peer => peer.IsVisible).Select(InSight).ToDictionary(peer => peer.Short);
            foreach (var peer in seen.Keys.Union(now.Keys).OrderBy(peer => peer.Value, StringComparer.Ordinal))
                told.AddRange(PeerNews.Between(seen.GetValueOrDefault(peer), now.GetValueOrDefault(peer)));
            seen = now;

            var text = new StringBuilder();
            if (position >= 0)
            {
                foreach (var (i, news) in told.Index().Skip(position))
                    Append(text, i + 1, news.Kind.Name(), news.Data());
                return (text.ToString(), told.Count);
            }

            Append(text, now.Count == 0 ? told.Count : null, "reset", $$"""{"peers":{{now.Count}}}""");
            foreach (var (i, peer) in now.Values.OrderBy(peer => peer.Short.Value, StringComparer.Ordinal).Index())
                Append(text, i == now.Count - 1 ? told.Count : null, PeerNewsKind.Visible.Name(), new PeerNews(PeerNewsKind.Visible, peer).Data());
            return (text.ToString(), told.Count);
        }
    }

    private void Append(StringBuilder text, int? number, string name, string data)
    {
        if (number is { } id)
            text.Append(CultureInfo.InvariantCulture, $"id: {era}-{id}\n");
        text.Append(CultureInfo.InvariantCulture, $"event: {name}\ndata: {data}\n\n");
    }
}
