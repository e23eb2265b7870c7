using System.Security.Claims;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Devices;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Devices;

namespace PeerRegistry.Api.Devices;

/// <param name="ThisDevice">Whether this is the device that sent the request.</param>
/// <param name="LastSeenAt">The hour of its last request, or null if its session has expired.</param>
/// <param name="Icon">Always <c>unknown</c>: clients of the original core read it, and nothing here shows it.</param>
/// <param name="LastConnection">The same as <paramref name="LastSeenAt"/>, under the name that the original core gives it.</param>
internal sealed record TerminalItem(
    string Id, string Name, DateTimeOffset PairedAt, DateTimeOffset? LastSeenAt, bool ThisDevice, string Icon, DateTimeOffset? LastConnection)
{
    /// <param name="sessions">Those of <see cref="SessionsOf"/>.</param>
    public static TerminalItem Of(Device device, ILookup<string, Credential> sessions, ClaimsPrincipal me)
    {
        var seen = LastSeen(device, sessions);
        return new(device.Id, device.Name, device.PairedAt, seen, device.Id == me.FindFirstValue(ClaimTypes.NameIdentifier), "unknown", seen);
    }

    /// <returns>The hour of its last request, or null if its session has expired.</returns>
    public static DateTimeOffset? LastSeen(Device device, ILookup<string, Credential> sessions) =>
        sessions[device.Id].Max(session => session.ExpiresAt) - PairDevice.SessionLife;

    /// <returns>The sessions of all devices, by the id of the device.</returns>
    public static ILookup<string, Credential> SessionsOf(PortalSnapshot portal) =>
        portal.Credentials.Values.Where(held => held.Kind == CredentialKind.Device).ToLookup(held => held.Holder);
}

internal sealed record DeviceName(string Name);

/// <param name="Icon">What clients of the original core send. It is not kept.</param>
internal sealed record NewDevice(string Name, string? Icon = null);

internal sealed record PairingCodeAnswer(string Code, DateTimeOffset ExpiresAt, string Url);

internal sealed record WhoAmI(string Type, string? Id, string? Name);

/// <summary>The owner's API for devices, which are called <c>terminals</c> on the wire.</summary>
internal static class DeviceEndpoints
{
    public static void MapDevices(this IEndpointRouteBuilder edge)
    {
        var open = edge.MapGroup("/core/public").WithTags("Devices");
        open.MapPost("/pair/terminal", Pair).WithName("terminals.pair")
            .WithSummary("Pairs a device with a code that the owner was shown. The token is shown only here, and set as a cookie.")
            .Refuses(400, "name_invalid").Refuses(401, "code_invalid").Refuses(429, "rate_limited");
        open.MapGet("/meta/whoami", WhoAmI).WithName("meta.whoami")
            .WithSummary("Tells who the caller is: a paired device, or anonymous.");

        var terminals = edge.MapGroup("/core/protected/terminals").WithTags("Devices")
            .RequireAuthorization(Policies.Owner);
        terminals.MapGet("", List).WithName("terminals.list")
            .WithSummary("Lists the paired devices.");
        terminals.MapPatch("/{id}", Rename).WithName("terminals.rename")
            .WithSummary("Renames a device.").Refuses(400, "name_invalid").Refuses(404, "device_unknown");
        terminals.MapDelete("/{id}", Revoke).WithName("terminals.revoke")
            .WithSummary("Revokes a device. Its sessions end at once.").Refuses(404, "device_unknown");
        terminals.MapGet("/id/{id}", Show).WithName("terminals.show")
            .WithSummary("Shows a device, at the address that the original core has for it.").Refuses(404, "device_unknown");
        terminals.MapPut("/id/{id}", Replace).WithName("terminals.replace")
            .WithSummary("Renames a device, as clients of the original core do.").Refuses(400, "name_invalid").Refuses(404, "device_unknown");
        terminals.MapDelete("/id/{id}", Revoke).WithName("terminals.revoke-original")
            .WithSummary("Revokes a device, at the address that the original core has for it.").Refuses(404, "device_unknown");
        terminals.MapGet("/name/{name}", ShowByName).WithName("terminals.show-by-name")
            .WithSummary("Shows a device by its name, as clients of the original core do.").Refuses(404, "device_unknown");
        terminals.MapPost("/pairing-code", CreateCode).WithName("terminals.pairing-code")
            .WithSummary("Creates a code that pairs one more device. It replaces the earlier one.");
    }

    private static async Task<Created<PairedDevice>> Pair(
        string code, NewDevice body, HttpContext context, CurrentPortal portal, PairingLimits limits, IMediator mediator, CancellationToken ct)
    {
        await limits.Take(context, portal.Id, code, ct);
        var device = await mediator.Send(new PairDevice(portal.Id, code, body.Name), ct);
        context.Response.Cookies.Append(OwnerSession.Cookie, device.Token, OwnerSession.CookieOptions(PairDevice.SessionLife));
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Created($"/core/protected/terminals/{device.Id}", device);
    }

    private static Ok<WhoAmI> WhoAmI(CurrentPortal portal, OwnerSession sessions, HttpRequest request, HttpResponse response)
    {
        response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(sessions.TryFind(portal.Snapshot, OwnerSession.Brought(request).Token, out var device)
            ? new WhoAmI("terminal", device.Id, device.Name)
            : new WhoAmI("anonymous", null, null));
    }

    private static IReadOnlyList<TerminalItem> List(HttpContext context, CurrentPortal portal, ClaimsPrincipal me, int? limit, string? after)
    {
        var (snapshot, most) = (portal.Snapshot, Paging.Limit(limit));
        var sessions = TerminalItem.SessionsOf(snapshot);
        var found = snapshot.Devices.Values
            .OrderBy(device => device.Id, StringComparer.Ordinal)
            .Where(device => after is null || string.CompareOrdinal(device.Id, after) > 0)
            .Take(most + 1)
            .Select(device => TerminalItem.Of(device, sessions, me))
            .ToList();
        return context.Page(found, most, device => device.Id);
    }

    private static TerminalItem Show(string id, CurrentPortal portal, ClaimsPrincipal me) =>
        portal.Snapshot.Devices.GetValueOrDefault(id) is { } device
            ? TerminalItem.Of(device, TerminalItem.SessionsOf(portal.Snapshot), me)
            : throw Unknown();

    /// <summary>The first by id, since names are not unique.</summary>
    private static TerminalItem ShowByName(string name, CurrentPortal portal, ClaimsPrincipal me) =>
        portal.Snapshot.Devices.Values.Where(device => device.Name == name).MinBy(device => device.Id, StringComparer.Ordinal) is { } device
            ? TerminalItem.Of(device, TerminalItem.SessionsOf(portal.Snapshot), me)
            : throw Unknown();

    private static async Task<TerminalItem> Replace(
        string id, NewDevice body, CurrentPortal portal, IPortalSnapshots snapshots, ClaimsPrincipal me, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new RenameDevice(portal.Id, Known(id), body.Name), ct);
        portal.Refresh(snapshots);
        return Show(id, portal, me);
    }

    private static async Task<NoContent> Rename(string id, DeviceName body, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new RenameDevice(portal.Id, Known(id), body.Name), ct);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> Revoke(string id, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new RevokeDevice(portal.Id, Known(id)), ct);
        return TypedResults.NoContent();
    }

    private static async Task<Created<PairingCodeAnswer>> CreateCode(
        CurrentPortal portal, PublicUrl url, IMediator mediator, HttpResponse response, CancellationToken ct)
    {
        var code = await mediator.Send(new CreatePairingCode(portal.Id), ct);
        response.Headers.CacheControl = "no-store";
        return TypedResults.Created((string?)null, new PairingCodeAnswer(code.Code, code.ExpiresAt, url.Portal(portal.Snapshot) + code.Path));
    }

    /// <summary>Refuses a malformed id without a look into the database.</summary>
    private static string Known(string id) => id is { Length: <= 64 } && id.All(char.IsAsciiLetterOrDigit)
        ? id
        : throw Unknown();

    private static RefusedException Unknown() => new(RefusalKind.NotFound, "device_unknown", "No such device is paired.");
}
