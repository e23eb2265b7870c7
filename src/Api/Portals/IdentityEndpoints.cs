using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Portals;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Portals;

/// <summary>The profile and picture under the names that the original core gives them. A Portal has one identity here, its own.</summary>
internal static class IdentityEndpoints
{
    public static void MapIdentities(this IEndpointRouteBuilder edge)
    {
        var identities = edge.MapGroup("/core/protected/identities").WithTags("Profile").RequireAuthorization(Policies.Owner);
        identities.MapGet("", (CurrentPortal portal) => new[] { IdentityItem.Of(portal.Snapshot.Portal) }).WithName("identities.list")
            .WithSummary("Lists the one identity of the Portal, which is its profile, as the original core does.");
        identities.MapPut("", Put).WithName("identities.put").WithMetadata(new BodyLimit(ProfileEndpoints.MaxText))
            .WithSummary("Changes the profile, as clients of the original core do.").Refuses(404, "identity_unknown").Refuses(409, "identity_single");
        identities.MapGet("/default", (CurrentPortal portal) => IdentityItem.Of(portal.Snapshot.Portal)).WithName("identities.show")
            .WithSummary("Shows the profile as the original core does.");
        identities.MapGet("/default/avatar", ProfileEndpoints.ShowAvatar).WithName("identities.avatar")
            .WithSummary("Serves the picture of the profile.").Refuses(404, "avatar_unknown").ServesPicture();
        identities.MapPut("/default/avatar", PutAvatar).WithName("identities.put-avatar")
            .WithMetadata(new BodyLimit(UploadedPicture.MaxLength + BodyLimit.BesideLargeField), new AcceptsMetadata(["multipart/form-data"], typeof(IFormFile)))
            .WithSummary("Changes the picture of the profile, as clients of the original core do.").Refuses(400, "avatar_invalid");
        identities.MapDelete("/default/avatar", RemoveAvatar).WithName("identities.remove-avatar")
            .WithSummary("Removes the picture of the profile.");
    }

    /// <exception cref="RefusedException"><c>identity_single</c>; <c>identity_unknown</c></exception>
    private static async Task<Created<IdentityItem>> Put(
        IdentityBody body, CurrentPortal portal, IPortalSnapshots snapshots, IMediator mediator, CancellationToken ct)
    {
        if (body.Id is null)
        {
            throw new RefusedException(RefusalKind.Conflict, "identity_single",
                "A Portal has one identity; name its id to change it. The operator can create another Portal.");
        }

        if (body.Id != portal.Id.Value)
            throw new RefusedException(RefusalKind.NotFound, "identity_unknown", "This Portal has no identity with this id.");

        var now = portal.Snapshot.Portal;
        var (email, description) = (Text(body.Email.Or(now.Email)), Text(body.Description.Or(now.Description)));
        await mediator.Send(new EditProfile(portal.Id, body.Name.Or(now.Name) ?? "", email, description, now.EmailPublic), ct);
        portal.Refresh(snapshots);
        return TypedResults.Created("/core/protected/identities/default", IdentityItem.Of(portal.Snapshot.Portal));
    }

    /// <summary>Reads the picture from the part <c>file</c>. What it is, its bytes say, whatever its name.</summary>
    private static async Task<Ok> PutAvatar(HttpContext context, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var form = await PageForm.Read(context);
        await using var picture = form.Files.GetFile("file")?.OpenReadStream() ?? Stream.Null;
        await mediator.Send(new SetAvatar(portal.Id, await ProfileEndpoints.ReadPicture(picture, ct)), ct);
        return TypedResults.Ok();
    }

    private static async Task<Ok> RemoveAvatar(CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new SetAvatar(portal.Id, null), ct);
        return TypedResults.Ok();
    }

    /// <summary>The original core has an empty text where there is none.</summary>
    private static string? Text(string? given) => string.IsNullOrEmpty(given) ? null : given;

    internal sealed record IdentityItem(PortalId Id, string Name, string? Email, string? Description, bool IsDefault, string PublicKeyPem, string Domain)
    {
        public static IdentityItem Of(Portal portal) => new(portal.Id, portal.Name, portal.Email, portal.Description, true, portal.Key.Pem, portal.Domain);
    }

    /// <summary>What is absent stays as it is.</summary>
    internal sealed record IdentityBody(string? Id = null)
    {
        public Optional<string?> Name { get; init; }

        public Optional<string?> Email { get; init; }

        public Optional<string?> Description { get; init; }
    }
}
