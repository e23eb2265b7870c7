using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;

namespace PeerRegistry.Api.Apps;

internal sealed record AppPasswordName(string Name);

/// <summary>Passwords of one app, for programs of the owner that only know HTTP Basic.</summary>
internal static class AppPasswordEndpoints
{
    public static void MapAppPasswords(this IEndpointRouteBuilder edge)
    {
        var passwords = edge.MapGroup("/core/protected/apps/{name}/passwords").WithTags("Apps")
            .RequireAuthorization(Policies.Owner);
        passwords.MapGet("", List).WithName("apps.passwords.list")
            .WithSummary("Lists an app's passwords, without the secrets.").Refuses(404, "app_unknown");
        passwords.MapPost("", Create).WithName("apps.passwords.create")
            .WithSummary("Creates a password for a program that only knows HTTP Basic. It is shown only here.")
            .Refuses(400, "name_invalid").Refuses(404, "app_unknown").Refuses(409, "app_password_limit");
        passwords.MapDelete("/{id}", Revoke).WithName("apps.passwords.revoke")
            .WithSummary("Revokes a password.").Refuses(404, "app_unknown", "app_password_unknown");
    }

    private static IReadOnlyList<AppPassword> List(HttpContext context, string name, CurrentPortal portal, int? limit, string? after)
    {
        var most = Paging.Limit(limit);
        var found = portal.RequireApp(name).Passwords
            .OrderBy(password => password.Id, StringComparer.Ordinal)
            .Where(password => after is null || string.CompareOrdinal(password.Id, after) > 0)
            .Take(most + 1)
            .ToList();
        return context.Page(found, most, password => password.Id);
    }

    private static async Task<Created<CreatedAppPassword>> Create(
        string name, AppPasswordName body, CurrentPortal portal, IMediator mediator, HttpResponse response, CancellationToken ct)
    {
        var created = await mediator.Send(new CreateAppPassword(portal.Id, portal.RequireApp(name).Name, body.Name), ct);
        response.Headers.CacheControl = "no-store";
        return TypedResults.Created((string?)null, created);
    }

    private static async Task<NoContent> Revoke(string name, string id, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new RevokeAppPassword(portal.Id, portal.RequireApp(name).Name, id), ct);
        return TypedResults.NoContent();
    }
}
