using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Portals;

internal static class ProfilePages
{
    public static void MapProfilePages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/profile", (CurrentPortal portal) => Show(portal, null));
        pages.MapPost("/profile", Save).WithMetadata(new BodyLimit(ProfileEndpoints.MaxText));
        pages.MapPost("/profile/language", ChooseLanguage);
        pages.MapPost("/profile/preview", Preview).WithMetadata(new BodyLimit(ProfileEndpoints.MaxText));
        pages.MapPost("/profile/avatar", Upload).WithMetadata(new BodyLimit(UploadedPicture.MaxLength + BodyLimit.BesideLargeField));
        pages.MapPost("/profile/avatar/remove", Remove);
    }

    private static RazorComponentResult<ProfilePage> Show(CurrentPortal portal, FormFailure? failure) =>
        PageResults.Page<ProfilePage>(new ProfilePage.View(portal.Snapshot.Portal), failure);

    private static async Task<IResult> Save(PageForm form, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        try
        {
            await mediator.Send(new EditProfile(portal.Id, form["name"] ?? "", form["email"], form["description"], form.Has("email_public")), ct);
            return PageResults.Done("/profile", "profile");
        }
        catch (RefusedException refused)
        {
            var field = refused.Code switch { "email_invalid" => "email", "description_invalid" => "description", _ => "name" };
            return Show(portal, new FormFailure("profile", field, refused, form));
        }
    }

    private static async Task<IResult> ChooseLanguage(PageForm form, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new ChooseLanguage(portal.Id, form["language"]), ct);
        return PageResults.Done("/profile", "language");
    }

    private static RazorComponentResult<ProfilePage> Preview(PageForm form, CurrentPortal portal)
    {
        var typed = portal.Snapshot.Portal with
        {
            Name = form["name"] ?? "",
            Email = form["email"],
            EmailPublic = form.Has("email_public"),
            Description = form["description"],
        };
        return PageResults.Page<ProfilePage>(new ProfilePage.View(typed, IsDraft: true));
    }

    private static async Task<IResult> Upload(PageForm form, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        try
        {
            await using var picture = form.File("picture")?.OpenReadStream() ?? Stream.Null;
            await mediator.Send(new SetAvatar(portal.Id, await ProfileEndpoints.ReadPicture(picture, ct)), ct);
            return PageResults.Done("/profile", "avatar");
        }
        catch (RefusedException refused)
        {
            return Show(portal, new FormFailure("avatar", "picture", refused, form));
        }
    }

    /// <summary>Removes the picture. The form is a parameter only for its antiforgery check.</summary>
    private static async Task<IResult> Remove(PageForm _, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new SetAvatar(portal.Id, null), ct);
        return PageResults.Done("/profile", "avatar-gone");
    }
}
