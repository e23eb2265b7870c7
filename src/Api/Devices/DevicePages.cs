using System.Security.Claims;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Application.Devices;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.Devices;

internal static class DevicePages
{
    /// <summary>The pages for a browser that is not paired yet.</summary>
    public static void MapPairPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/pair", ShowPair);
        pages.MapPost("/pair", Pair);
    }

    public static void MapDevicePages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/devices", (CurrentPortal portal, ClaimsPrincipal me) => Show(portal, me, null, ""));
        pages.MapPost("/devices/code", CreateCode);
        pages.MapGet("/devices/{id}/rename", (string id, CurrentPortal portal, ClaimsPrincipal me) => PageResults.Page<RenameDevicePage>(Find(id, portal, me)));
        pages.MapPost("/devices/{id}/rename", Rename);
        pages.MapGet("/devices/{id}/revoke", (string id, CurrentPortal portal, ClaimsPrincipal me) => PageResults.Page<RevokeDevicePage>(Find(id, portal, me)));
        pages.MapPost("/devices/{id}/revoke", Revoke);
    }

    /// <summary>Shows the pairing form. Opening the link does not consume the code, because programs open links, too.</summary>
    private static RazorComponentResult<PairPage> ShowPair(string? code, HttpResponse response)
    {
        response.Headers.CacheControl = "no-cache, no-store";
        response.Headers.Pragma = "no-cache";
        return PageResults.Page<PairPage>(code);
    }

    private static async Task<IResult> Pair(
        PageForm form, HttpContext context, CurrentPortal portal, PairingLimits limits, PublicUrl urls, IMediator mediator, CancellationToken ct)
    {
        PairReturn.Allow(context, portal, urls);
        await limits.Take(context, portal.Id, form["code"], ct);
        try
        {
            var device = await mediator.Send(new PairDevice(portal.Id, form["code"] ?? "", form["name"] ?? ""), ct);
            context.Response.Cookies.Append(OwnerSession.Cookie, device.Token, OwnerSession.CookieOptions(PairDevice.SessionLife));
            return Results.Redirect(PairReturn.Location(form[PairReturn.Field], portal, urls));
        }
        catch (RefusedException refused)
        {
            return PageResults.Page<PairPage>(form["code"], new FormFailure("pair", refused.Code == "code_invalid" ? "code" : "name", refused, form));
        }
    }

    private static RazorComponentResult<DevicesPage> Show(CurrentPortal portal, ClaimsPrincipal me, PairingCode? code, string url) =>
        PageResults.Page<DevicesPage>(new DevicesPage.View(Items(portal, me), code, url));

    private static async Task<IResult> CreateCode(PageForm _, CurrentPortal portal, ClaimsPrincipal me, PublicUrl url, IMediator mediator, CancellationToken ct)
    {
        var code = await mediator.Send(new CreatePairingCode(portal.Id), ct);
        return Show(portal, me, code, url.Portal(portal.Snapshot) + code.Path);
    }

    private static async Task<IResult> Rename(
        string id, PageForm form, CurrentPortal portal, ClaimsPrincipal me, Undo undo, IMediator mediator, CancellationToken ct)
    {
        var device = Find(id, portal, me);
        try
        {
            await mediator.Send(new RenameDevice(portal.Id, device.Id, form["name"] ?? ""), ct);
            return undo.Done("/devices", "device-renamed", portal.Id, new Did.DeviceRenamed(device.Id, device.Name, form["name"]!));
        }
        catch (RefusedException refused)
        {
            return PageResults.Page<RenameDevicePage>(device, new FormFailure("question", "name", refused, form));
        }
    }

    private static async Task<IResult> Revoke(string id, PageForm _, CurrentPortal portal, ClaimsPrincipal me, IMediator mediator, CancellationToken ct)
    {
        var device = Find(id, portal, me);
        await mediator.Send(new RevokeDevice(portal.Id, device.Id), ct);
        return device.IsThis ? Results.Redirect("/") : PageResults.Done("/devices", "device-revoked");
    }

    private static DevicesPage.Item Find(string id, CurrentPortal portal, ClaimsPrincipal me) =>
        Items(portal, me).FirstOrDefault(d => d.Id == id)
            ?? throw new RefusedException(RefusalKind.NotFound, "device_unknown", "This device is unknown or has been revoked.");

    /// <summary>The devices: this one first, the others by the time of their last request.</summary>
    private static List<DevicesPage.Item> Items(CurrentPortal portal, ClaimsPrincipal me)
    {
        var snapshot = portal.Snapshot;
        var sessions = snapshot.Credentials.Values.Where(c => c.Kind == CredentialKind.Device).ToLookup(c => c.Holder);
        return [.. snapshot.Devices.Values
            .Select(d => new DevicesPage.Item(
                d.Id, d.Name, d.PairedAt, sessions[d.Id].Max(s => s.ExpiresAt) - PairDevice.SessionLife, d.Id == me.FindFirstValue(ClaimTypes.NameIdentifier)))
            .OrderByDescending(d => d.IsThis).ThenByDescending(d => d.LastSeenAt)];
    }
}
