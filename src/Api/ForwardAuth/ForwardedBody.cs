using Microsoft.AspNetCore.Http.Features;
using PeerRegistry.Api.Http;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.ForwardAuth;

/// <summary>The body of the request that a proxy asks about. It is held in memory until the verdict, so that its digest can be compared.</summary>
internal readonly struct ForwardedBody : IDisposable
{
    private const int Max = 16 << 20;

    private readonly BodyShare? share;
    private readonly string network;

    private ForwardedBody(BodyShare share, string network, MemoryStream bytes) =>
        (this.share, this.network, Bytes) = (share, network, bytes.Length == 0 ? null : bytes.GetBuffer().AsMemory(0, (int)bytes.Length));

    /// <summary>The body, or null if the proxy sends none, which is the default of every proxy.</summary>
    public ReadOnlyMemory<byte>? Bytes { get; }

    /// <exception cref="RefusedException"><c>body_too_large</c>; <c>busy</c></exception>
    public static ValueTask<ForwardedBody> Read(HttpContext context, BodyShare share, CallerAddress addresses) =>
        context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true } ? Held(context, share, Networks.Of(addresses.Of(context))) : default;

    public void Dispose() => share?.Return(network, Bytes?.Length ?? 0);

    private static async ValueTask<ForwardedBody> Held(HttpContext context, BodyShare share, string network)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null; // the limit is checked below, so that nginx, too, gets the reason of the refusal
        var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        var whole = false;
        try
        {
            while (await context.Request.Body.ReadAsync(buffer, context.RequestAborted) is > 0 and var read)
            {
                if (body.Length + read > Max)
                    throw new RefusedException(RefusalKind.TooLarge, "body_too_large", "A body whose digest is to be compared has at most 16 MiB.");
                share.Take(network, read);
                body.Write(buffer.AsSpan(0, read));
            }

            whole = true;
            return new ForwardedBody(share, network, body);
        }
        finally
        {
            if (!whole)
                share.Return(network, body.Length);
        }
    }
}
