using PeerRegistry.Application.Snapshots;

namespace PeerRegistry.Api.Http;

/// <summary>
/// Refuses requests while the snapshots may lack revocations of another node. Only endpoints that do not depend on the caller still work: the
/// Portal's public identity, the health checks and the static files of the pages.
/// </summary>
internal sealed class TrustedSnapshots(RequestDelegate next, ISnapshotTrust trust)
{
    private static readonly PathString[] ForEverybody = ["/core/public/meta/whoareyou", "/health", "/assets"];

    public async Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path;
        if (!Array.Exists(ForEverybody, prefix => path.StartsWithSegments(prefix, StringComparison.OrdinalIgnoreCase)))
            await trust.Require(context.RequestAborted);
        await next(context);
    }
}
