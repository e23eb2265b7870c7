using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Net.Http.Headers;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.Http;

/// <summary>
/// Checks every request that an endpoint reads. The query must not contain a NUL, which the database cannot store in a text. A text body must be
/// UTF-8. Every body must arrive at the minimum rate that also applies to calls, and counts against the <see cref="BodyBudget"/>. This middleware
/// runs after authorization, which reads neither query nor body.
/// </summary>
internal sealed class RequestShape(RequestDelegate next, RegistryOptions options, BodyBudget budget, CallerAddress addresses)
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly MinDataRate? leastRate = options.Calls.LeastRate > 0 ? new MinDataRate(options.Calls.LeastRate, Grace) : null;

    public Task InvokeAsync(HttpContext context)
    {
        if (context.Request.QueryString.Value?.Contains("%00", StringComparison.Ordinal) == true)
            throw new RefusedException(RefusalKind.Invalid, "request_invalid", "The query contains a NUL character.");
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true })
            return next(context);
        if (!IsUtf8(context.Request.ContentType))
            throw new Microsoft.AspNetCore.Http.BadHttpRequestException("Only UTF-8 is accepted.", StatusCodes.Status415UnsupportedMediaType);

        return Counted(context);
    }

    private async Task Counted(HttpContext context)
    {
        if (leastRate is not null && context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = leastRate;
        var share = context.User.Identity is { IsAuthenticated: true } ? budget.Owners : budget.Strangers;
        await using var body = new CountedBody(context.Request.Body, share, Networks.Of(addresses.Of(context)));
        context.Request.Body = body;
        await next(context);
    }

    /// <summary>Whether the charset is UTF-8 or not given. A type that cannot be parsed passes, because the endpoints that need one refuse it.</summary>
    private static bool IsUtf8(string? contentType) =>
        !MediaTypeHeaderValue.TryParse(contentType, out var type)
        || type.Parameters.Where(p => p.Name.Equals("charset", StringComparison.OrdinalIgnoreCase))
            .All(p => HeaderUtilities.RemoveQuotes(p.Value).Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    /// <summary>Reads the body of the request without owning it.</summary>
    private sealed class CountedBody(Stream body, BodyShare share, string network) : ReadStream
    {
        private long taken;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await body.ReadAsync(buffer, cancellationToken);
            share.Take(network, read);
            taken += read;
            return read;
        }

        protected override void Dispose(bool disposing)
        {
            share.Return(network, taken);
            taken = 0;
            base.Dispose(disposing);
        }
    }
}
