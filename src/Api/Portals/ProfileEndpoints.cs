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
        routes.MapGet("/core/public/meta/avatar", ShowAvatar).WithName("avatar.public")
            .WithSummary("Serves the owner's picture to everybody.").Refuses(404, "avatar_unknown").ServesPicture().WithTags("Profile");
        var profile = routes.MapGroup("/core/protected/profile").WithTags("Profile").RequireAuthorization(Policies.Owner);
        profile.MapGet("", Show).WithName("profile.get")
            .WithSummary("Shows the owner's profile.");
        profile.MapPut("", Edit).WithName("profile.put")
            .WithSummary("Changes the owner's profile.")
            .Refuses(400, "name_invalid", "email_invalid", "description_invalid").WithMetadata(new BodyLimit(MaxText));
        profile.MapPut("/language", ChooseLanguage).WithName("profile.language.put")
            .WithSummary("Chooses the language of the pages. Null follows the browser.").Refuses(400, "language_unknown");
        profile.MapGet("/announce-apps", (CurrentPortal portal) => new AnnounceBody(portal.Snapshot.Portal.AnnouncesApps))
            .WithName("profile.announce-apps.get")
            .WithSummary("Shows whether mutual peers are told which apps they may use here.");
        profile.MapPut("/announce-apps", Announce).WithName("profile.announce-apps.put")
            .WithSummary("Sets whether mutual peers are told which apps they may use here.");
        profile.MapGet("/avatar", ShowAvatar).WithName("profile.avatar.get")
            .WithSummary("Serves the owner's picture.").Refuses(404, "avatar_unknown").ServesPicture();
        profile.MapPut("/avatar", PutAvatar).WithName("profile.avatar.put")
            .WithSummary("Sets the owner's picture. It is made square and small, and its metadata are removed.")
            .Refuses(400, "avatar_invalid", "avatar_heic").Refuses(413, "avatar_too_large").Reads("image/*").WithMetadata(new BodyLimit(UploadedPicture.MaxLength + BodyLimit.BesideLargeField));
        profile.MapDelete("/avatar", RemoveAvatar).WithName("profile.avatar.delete")
            .WithSummary("Removes the owner's picture.");
    }

    private static ProfileItem Show(CurrentPortal portal)
    {
        var row = portal.Snapshot.Portal;
        return new(row.Name, row.Email, row.Description, row.EmailPublic, row.Language);
    }

    private static async Task<NoContent> Edit(ProfileBody body, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new EditProfile(portal.Id, body.Name, body.Email, body.Description, body.EmailPublic), ct);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> ChooseLanguage(LanguageBody body, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new ChooseLanguage(portal.Id, body.Language), ct);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> Announce(AnnounceBody body, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new AnnounceApps(portal.Id, body.AnnounceApps), ct);
        return TypedResults.NoContent();
    }

    internal static async Task<IResult> ShowAvatar(string? v, HttpContext context, CurrentPortal portal, IAvatars avatars, CancellationToken ct)
    {
        var row = portal.Snapshot.Portal;
        if (row.AvatarSha256 is null || await avatars.Read(portal.Id, ct) is not { } bytes)
            throw new RefusedException(RefusalKind.NotFound, "avatar_unknown", "This Portal has no picture.");

        var named = v is { Length: > 0 } && row.AvatarSha256.StartsWith(v, StringComparison.Ordinal);
        context.Response.Headers.CacheControl = named ? "public, max-age=31536000, immutable" : "public, max-age=300";
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        return TypedResults.Bytes(bytes, row.AvatarType, entityTag: new Microsoft.Net.Http.Headers.EntityTagHeaderValue($"\"{row.AvatarSha256}\""));
    }

    private static async Task<NoContent> PutAvatar(HttpContext context, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new SetAvatar(portal.Id, await ReadPicture(context.Request.Body, ct)), ct);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> RemoveAvatar(CurrentPortal portal, IMediator mediator, CancellationToken ct)
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
