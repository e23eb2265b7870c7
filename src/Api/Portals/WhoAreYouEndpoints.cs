using System.Text.Json;
using System.Text.Json.Serialization;
using MediatR;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.SignedCalls;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Portals;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Portals;

/// <summary>
/// Tells other Portals the identity of this one. If the request has a challenge, the response is signed and bound to it, because the challenge is
/// part of the target that the signature covers.
/// </summary>
internal static class WhoAreYouEndpoints
{
    private static readonly JsonSerializerOptions Wire = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static RouteHandlerBuilder MapWhoAreYou(
        this IEndpointRouteBuilder routes, string name, string path = "/core/public/meta/whoareyou") => routes
        .MapGet(path, Answer)
        .WithTags("Portals")
        .WithName(name)
        .WithSummary("Tells who this Portal is. With a challenge, the answer is signed.").Refuses(400, "challenge_malformed").Refuses(429, "rate_limited")
        .Produces<WhoAreYouItem>();

    private static async Task<IResult> Answer(
        string? challenge, HttpContext context, CurrentPortal portal, IMediator mediator, ISignatures signatures, ChallengeLimits limits,
        RegistryOptions options, CancellationToken ct)
    {
        var identity = await mediator.Send(new ShowIdentity(portal.Id), ct);
        if (challenge is null && context.Listener() == Listener.Edge)
            identity = identity.ToOriginal(); // Portals of our own kind send a challenge, and apps ask on the internal listener
        var body = JsonSerializer.SerializeToUtf8Bytes(WhoAreYouItem.Of(identity, PeerRules.AnnouncedPort(options)), Wire);
        if (challenge is null)
        {
            context.Response.Headers.CacheControl = "public, max-age=60";
            return Results.Bytes(body, "application/json");
        }

        if (challenge.Length is < 22 or > 86 || !challenge.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            throw new RefusedException(RefusalKind.Invalid, "challenge_malformed", "A challenge has 22 to 86 base64url characters.");

        limits.Take(context, identity.Key.Kind);
        foreach (var (name, value) in signatures.SignAnswer(identity.Id, StatusCodes.Status200OK, body, context.AsSent(), label: null))
            context.Response.Headers.Append(name, value);

        return Results.Bytes(body, "application/json");
    }

    internal sealed record WhoAreYouItem(
        PortalId Id,
        string Name,
        string? Email,
        string? Description,
        bool IsDefault,
        string PublicKeyPem,
        string Domain,
        ShortId ShortId,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Port = null)
    {
        public static WhoAreYouItem Of(PublicIdentity identity, int? port) => new(
            identity.Id, identity.Name, identity.Email, identity.Description, true, identity.Key.Pem, identity.Domain, identity.Id.Short,
            port);
    }
}
