using PeerRegistry.Application.Snapshots;

namespace PeerRegistry.Api.Http;

/// <summary>
/// Nobody is let in by a snapshot that another node's revocations may not have reached. Only what tells nobody apart goes on: who this
/// Portal is, the health checks and the files of its pages.
/// </summary>
internal sealed class TrustedSnapshots(RequestDelegate next, ISnapshotTrust trust)
{
    private static readonly PathString[] ForEverybody = ["/core/public/meta/whoareyou", "/health", "/assets"];

    public async Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path;
        if (!Array.Exists(ForEverybody, prefix => path.StartsWithSegments(prefix)))
            await trust.Require(context.RequestAborted);
        await next(context);
    }
}
