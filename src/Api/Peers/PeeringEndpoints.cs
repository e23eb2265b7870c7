using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.RateLimiting;
using MediatR;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.SignedCalls;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Peers;

/// <summary>Receives notices of other Portals that they have added or removed us (docs/protocol.md).</summary>
internal static class PeeringEndpoints
{
    /// <summary>Skips unknown members, because later versions may send more.</summary>
    private static readonly JsonSerializerOptions Wire = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    public static void MapPeering(this IEndpointRouteBuilder routes) => routes
        .MapPut("/core/public/peering", Answer)
        .WithTags("Peers")
        .WithName("peering.notice")
            .WithSummary("Receives the notice of another Portal that it has added or removed this one.")
            .Refuses(400, "key_malformed", "key_type_unknown", "key_weak").Refuses(401, "not_authenticated").Refuses(429, "rate_limited", "guard_quota").Refuses(503, "guard_cold", "guard_full")
        .Accepts<PeeringNotice>("application/json")
        .WithMetadata(new SignedByPortal())
        .Produces<PeeringAnswer>();

    private static async Task<IResult> Answer(
        HttpContext context, CurrentPortal portal, CurrentActor actor, IMediator mediator, ISignatures signatures, IRefusedCalls refused,
        NoticeLimits limits, CancellationToken ct)
    {
        var address = limits.Take(context);
        var body = await Read(context, ct);
        var notice = JsonSerializer.Deserialize<PeeringNotice>(body, Wire) ?? throw new JsonException("The notice is null.");
        var key = PublicKey.Parse(notice.PublicKeyPem);
        var request = context.AsSent();
        var verdict = await signatures.Verify(request, VerificationPlace.Core, keyId => Claimed(keyId, key), body, ct);
        if (verdict.Signer is null || key.Id.Value != notice.Id)
        {
            if (verdict.Signer is null)
                refused.Record(portal.Id, app: null, request.Target, Networks.Of(address), verdict);
            throw SignatureReasons.TryAgain(verdict.Reason)
                ?? new RefusedException(RefusalKind.NotAuthenticated, "not_authenticated", "The notice does not have the required signature.");
        }

        actor.Actor = Actor.Peer(key.Id);
        var answer = await mediator.Send(
            new AnswerPeering(
                portal.Id, key, notice.Name, notice.Domain, WantedOf(notice.Peering), notice.Revision, Networks.Of(address), notice.Invite, notice.Port)
            {
                Apps = notice.Apps,
            },
            ct);
        var answerBody = JsonSerializer.SerializeToUtf8Bytes(new PeeringAnswer(answer.IsMutual ? "mutual" : "offered", answer.Revision, answer.Apps), Wire);
        foreach (var (name, value) in signatures.SignAnswer(portal.Id, StatusCodes.Status200OK, answerBody, request, verdict.Label))
            context.Response.Headers.Append(name, value);

        return Results.Bytes(answerBody, "application/json");
    }

    /// <summary>
    /// Verifies the notice with the key that it contains, for contacts and strangers alike, so that the work is the same for all. Whether the key is
    /// the pinned one is checked afterwards.
    /// </summary>
    private static Signer? Claimed(string keyId, PublicKey key)
    {
        var own = key.Kind == KeyKind.Rsa ? key.Id.Short.Value : key.Id.Value;
        return keyId == own || keyId == key.Id.Value ? new Signer(key.Id, key, IsOriginal: false) : null;
    }

    private static WantedPeering WantedOf(string peering) => peering switch
    {
        "offered" => WantedPeering.Offered,
        "withdrawn" => WantedPeering.Withdrawn,
        _ => throw Paging.Invalid("peering is offered or withdrawn."),
    };

    private static async Task<byte[]> Read(HttpContext context, CancellationToken ct)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, ct);
        return body.ToArray();
    }

    [JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
    internal sealed record PeeringNotice(string Id, string PublicKeyPem, string Peering, long Revision, string? Name = null, string? Domain = null,
        string? Invite = null, int? Port = null, IReadOnlyList<string?>? Apps = null);

    internal sealed record PeeringAnswer(
        string Peering, long Revision, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Apps = null);
}

/// <summary>Limits notices to ten a minute per address.</summary>
internal sealed class NoticeLimits(CallerAddress addresses) : IDisposable
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly PartitionedRateLimiter<IPAddress> each = PartitionedRateLimiter.Create<IPAddress, IPAddress>(address =>
        RateLimitPartition.GetFixedWindowLimiter(address, _ => new FixedWindowRateLimiterOptions { PermitLimit = 10, Window = Window }));

    /// <returns>The caller's address.</returns>
    /// <exception cref="RefusedException"><c>rate_limited</c></exception>
    public IPAddress Take(HttpContext context)
    {
        var address = addresses.Of(context);
        using var lease = each.AttemptAcquire(address);
        return lease.IsAcquired
            ? address
            : throw new RefusedException(RefusalKind.TooMany, "rate_limited", "Too many notices from this address.") { RetryAfter = Window };
    }

    public void Dispose() => each.Dispose();
}
