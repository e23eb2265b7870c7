using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Portals;

/// <summary>The owner's API for the profile and picture, and the public address of the picture.</summary>
internal static class ProfileEndpoints
{
    /// <summary>In bytes. A character of a description takes up to nine bytes in a form and six in JSON.</summary>
    internal const int MaxText = (9 * Profile.MaxDescription) + BodyLimit.BesideLargeField;

    public static void MapProfile(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/core/public/meta/avatar", ShowAvatar).WithName("avatar.public").WithTags("Profile");
        var profile = routes.MapGroup("/core/protected/profile").WithTags("Profile").RequireAuthorization(Policies.Owner);
        profile.MapGet("", Show).WithName("profile.get");
        profile.MapPut("", Edit).WithName("profile.put").WithMetadata(new BodyLimit(MaxText));
        profile.MapPut("/language", ChooseLanguage).WithName("profile.language.put");
        profile.MapGet("/announce-apps", (CurrentPortal portal) => new AnnounceBody(portal.Snapshot.Portal.AnnouncesApps))
            .WithName("profile.announce-apps.get");
        profile.MapPut("/announce-apps", Announce).WithName("profile.announce-apps.put");
        profile.MapGet("/avatar", ShowAvatar).WithName("profile.avatar.get");
        profile.MapPut("/avatar", PutAvatar).WithName("profile.avatar.put").WithMetadata(new BodyLimit(UploadedPicture.MaxLength + BodyLimit.BesideLargeField));
        profile.MapDelete("/avatar", RemoveAvatar).WithName("profile.avatar.delete");
    }

    private static ProfileItem Show(CurrentPortal portal)
    {
        var row = portal.Snapshot.Portal;
        return new(row.Name, row.Email, row.Description, row.EmailPublic, row.Language);
    }

    private static async Task<IResult> Edit(ProfileBody body, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new EditProfile(portal.Id, body.Name, body.Email, body.Description, body.EmailPublic), ct);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> ChooseLanguage(LanguageBody body, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new ChooseLanguage(portal.Id, body.Language), ct);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> Announce(AnnounceBody body, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new AnnounceApps(portal.Id, body.AnnounceApps), ct);
        return TypedResults.NoContent();
    }

    internal static async Task<IResult> ShowAvatar(HttpContext context, CurrentPortal portal, IAvatars avatars, CancellationToken ct)
    {
        var row = portal.Snapshot.Portal;
        if (row.AvatarSha256 is null || await avatars.Read(portal.Id, ct) is not { } bytes)
            throw new RefusedException(RefusalKind.NotFound, "avatar_unknown", "This Portal has no picture.");

        var named = context.Request.Query["v"].ToString() is { Length: > 0 } version && row.AvatarSha256.StartsWith(version, StringComparison.Ordinal);
        context.Response.Headers.CacheControl = named ? "public, max-age=31536000, immutable" : "public, max-age=300";
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        return TypedResults.Bytes(bytes, row.AvatarType, entityTag: new Microsoft.Net.Http.Headers.EntityTagHeaderValue($"\"{row.AvatarSha256}\""));
    }

    private static async Task<IResult> PutAvatar(HttpContext context, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new SetAvatar(portal.Id, await ReadPicture(context.Request.Body, ct)), ct);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> RemoveAvatar(CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new SetAvatar(portal.Id, null), ct);
        return TypedResults.NoContent();
    }

    /// <returns>All bytes, of which the limit of the route allows few more than a picture may have.</returns>
    internal static async Task<ReadOnlyMemory<byte>> ReadPicture(Stream body, CancellationToken ct)
    {
        using var read = new MemoryStream();
        await body.CopyToAsync(read, ct);
        return read.GetBuffer().AsMemory(0, (int)read.Length);
    }

    internal sealed record ProfileItem(string Name, string? Email, string? Description, bool EmailPublic, string? Language);

    internal sealed record LanguageBody(string? Language);

    /// <param name="AnnounceApps">Whether mutual peers are told which apps they may use here.</param>
    internal sealed record AnnounceBody(bool AnnounceApps);

    internal sealed record ProfileBody(string Name, string? Email, string? Description, bool EmailPublic);
}
