using Microsoft.Extensions.Logging;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.HttpSignatures;

/// <summary>
/// Logs refused signatures: one line per minute for each Portal, reason and key ID, and a second one with the number of further refusals. Key IDs
/// are chosen by strangers, so after thirty lines for a Portal within a minute, the rest are counted together.
/// </summary>
internal sealed partial class RefusalLog(TimeProvider clock, ILogger<RefusalLog> log)
{
    private const int LinesOfPortal = 30;
    private static readonly TimeSpan Span = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new(); // guards the following
    private readonly Dictionary<PortalId, Minute> minutes = [];

    public void Refused(PortalId portal, string? app, string reason, string? keyId)
    {
        var (now, isFirst) = (clock.GetUtcNow(), false);
        Minute? over = null;
        lock (gate)
        {
            if (!minutes.TryGetValue(portal, out var minute) || now - minute.Begun >= Span)
            {
                over = minute;
                minutes[portal] = minute = new Minute(now);
            }

            if (minute.More.TryGetValue((reason, keyId), out var more))
                minute.More[(reason, keyId)] = more + 1;
            else if (minute.More.Count == LinesOfPortal)
                minute.Others++;
            else
                isFirst = minute.More.TryAdd((reason, keyId), 0);
        }

        if (over is not null)
            Sum(portal, over);
        if (isFirst)
            LogRefused(reason, portal.Short.Value, app, keyId);
    }

    private void Sum(PortalId portal, Minute minute)
    {
        foreach (var ((reason, keyId), more) in minute.More.Where(m => m.Value > 0))
            LogMore(more, reason, portal.Short.Value, keyId, minute.Begun);
        if (minute.Others > 0)
            LogOthers(minute.Others, portal.Short.Value, minute.Begun);
    }

    [LoggerMessage(LogLevel.Information, "Signature refused: {Reason} (portal {Portal}, app {App}, keyid {KeyId})")]
    private partial void LogRefused(string reason, string portal, string? app, string? keyId);

    [LoggerMessage(LogLevel.Information, "Signature refused {Count} more times: {Reason} (portal {Portal}, keyid {KeyId}) in the minute from {Begun:O}")]
    private partial void LogMore(long count, string reason, string portal, string? keyId, DateTimeOffset begun);

    [LoggerMessage(LogLevel.Information, "Signature refused {Count} times with other key IDs (portal {Portal}) in the minute from {Begun:O}")]
    private partial void LogOthers(long count, string portal, DateTimeOffset begun);

    private sealed class Minute(DateTimeOffset begun)
    {
        public DateTimeOffset Begun => begun;

        /// <summary>The number of refusals after the first.</summary>
        public Dictionary<(string Reason, string? KeyId), long> More { get; } = [];

        public long Others { get; set; }
    }
}
