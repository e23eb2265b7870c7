using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.HttpSignatures;

/// <summary>At most about 6 MB a Portal, when every field is as long as it may be.</summary>
internal sealed partial class RefusedCalls(TimeProvider clock, ILogger<RefusedCalls> log) : IRefusedCalls
{
    private const int Kept = 1000;
    private const int MaxPath = 1024;
    private const int MaxKeyId = 128;
    private const int MaxBase = 2048;

    private readonly ConcurrentDictionary<PortalId, Queue<RefusedCall>> calls = [];

    public void Record(PortalId portal, string? app, string path, SignatureVerdict verdict)
    {
        if (verdict.Reason is not { } reason)
            return;

        var keyId = Cut(verdict.KeyId, MaxKeyId);
        LogRefused(reason, portal.Short.Value, app, keyId);
        var latest = calls.GetOrAdd(portal, _ => new Queue<RefusedCall>());
        lock (latest)
        {
            if (latest.Count == Kept)
                latest.Dequeue();
            latest.Enqueue(new RefusedCall(clock.GetUtcNow(), app, Cut(path, MaxPath)!, keyId, reason, Cut(verdict.SignatureBase, MaxBase)));
        }
    }

    public IReadOnlyList<RefusedCall> Latest(PortalId portal, int limit)
    {
        if (!calls.TryGetValue(portal, out var latest))
            return [];

        lock (latest)
            return [.. latest.Reverse().Take(limit)];
    }

    private static string? Cut(string? text, int length) => text?.Length > length ? text[..length] : text;

    [LoggerMessage(LogLevel.Information, "Signature refused: {Reason} (portal {Portal}, app {App}, keyid {KeyId})")]
    private partial void LogRefused(string reason, string portal, string? app, string? keyId);
}
