using System.Text.Json;
using System.Text.Json.Serialization;
using MediatR;
using Microsoft.AspNetCore.DataProtection;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Devices;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Pages;

/// <summary>What a form has done, with what is needed to undo it.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "did")]
[JsonDerivedType(typeof(Ignored), "ignored")]
[JsonDerivedType(typeof(PeerRenamed), "peer")]
[JsonDerivedType(typeof(DeviceRenamed), "device")]
[JsonDerivedType(typeof(AppSwitched), "switched")]
[JsonDerivedType(typeof(Removed), "removed")]
internal abstract record Did
{
    /// <summary>A request in the inbox was ignored.</summary>
    public sealed record Ignored(string From) : Did;

    public sealed record PeerRenamed(string Peer, string? Before, string? Now) : Did;

    public sealed record DeviceRenamed(string Device, string Before, string Now) : Did;

    /// <summary>An app was let see a peer, or the peer was hidden from it.</summary>
    public sealed record AppSwitched(string Peer, string App, bool Shown) : Did;

    /// <summary>A peer was removed, and its pinned key was kept. So were the apps that may see it, since these are chosen by its ID.</summary>
    public sealed record Removed(string Peer, string? Petname, string? Address) : Did;
}

/// <summary>
/// Offers to undo what a form has just done. Everything takes effect at once, and undoing is another action that takes back the first. The offer
/// is a sealed text in the address of the page that follows: only this Portal can have made it, and it is valid for a minute.
/// </summary>
internal sealed class Undo(IDataProtectionProvider protection, TimeProvider clock)
{
    public const string Field = "undo";
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(1);

    private const int MaxLength = 2000;

    public static void Map(IEndpointRouteBuilder pages) => pages.MapPost("/undo", Take);

    /// <summary>Like <see cref="PageResults.Done"/>, with an offer to undo it.</summary>
    public IResult Done(string path, string done, PortalId portal, Did did)
    {
        var sealedText = Protector(portal).Protect(JsonSerializer.Serialize(new Offer(did, clock.GetUtcNow() + Life)));
        return PageResults.Done(path, sealedText.Length > MaxLength ? done : $"{done}&{Field}={sealedText}");
    }

    private static async Task<IResult> Take(PageForm form, Undo undo, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        switch (undo.Open(portal.Id, form[Field] ?? ""))
        {
            case Did.Ignored did:
                await mediator.Send(new TakeBackOffer(portal.Id, PortalId.Parse(did.From)), ct);
                return PageResults.Done("/inbox", "undone");
            case Did.PeerRenamed did:
                Require(portal.Snapshot.Peers.Values.Any(p => p.Short.Value == did.Peer && p.Petname == did.Now));
                await mediator.Send(new RenamePeer(portal.Id, TypedPortalId.Parse(did.Peer), did.Before), ct);
                return PageResults.Done($"/peers/{did.Peer}", "undone");
            case Did.DeviceRenamed did:
                Require(portal.Snapshot.Devices.TryGetValue(did.Device, out var device) && device.Name == did.Now);
                await mediator.Send(new RenameDevice(portal.Id, did.Device, did.Before), ct);
                return PageResults.Done("/devices", "undone");
            case Did.AppSwitched did:
                var switched = TypedPortalId.Parse(did.Peer);
                Require(portal.Snapshot.Apps.TryGetValue(did.App, out var app) && portal.Snapshot.Peers.TryGetValue(switched.Short, out var peer)
                    && app.Shows(peer) == did.Shown);
                await mediator.Send(new ShowPeerToApp(portal.Id, did.App, switched, !did.Shown), ct);
                return PageResults.Done($"/peers/{did.Peer}", "undone");
            case Did.Removed did:
                var typed = TypedPortalId.Parse(did.Peer);
                Require(portal.Snapshot.Peers.GetValueOrDefault(typed.Short) is not { Listed: true });
                await mediator.Send(new AddPeer(portal.Id, typed, new Optional<string?>(did.Petname), new Optional<string?>(did.Address)), ct);
                return PageResults.Done($"/peers/{typed.Short}", "peer-back");
            case var other:
                throw new InvalidOperationException($"Nothing undoes {other.GetType().Name}.");
        }
    }

    /// <exception cref="RefusedException"><c>undo_too_late</c></exception>
    private Did Open(PortalId portal, string text)
    {
        try
        {
            if (text.Length <= MaxLength
                && JsonSerializer.Deserialize<Offer>(Protector(portal).Unprotect(text)) is { } offer && offer.Until > clock.GetUtcNow())
                return offer.Did;
        }
        catch (System.Security.Cryptography.CryptographicException)
        {
            // It was changed, or sealed by another Portal.
        }

        throw TooLate();
    }

    private static void Require(bool unchanged)
    {
        if (!unchanged)
            throw TooLate();
    }

    private static RefusedException TooLate() => new(RefusalKind.Conflict, "undo_too_late",
        "This can no longer be undone: more than a minute has passed, or it was changed meanwhile.");

    private IDataProtector Protector(PortalId portal) => protection.CreateProtector("undo", portal.Value);

    private sealed record Offer(Did Did, DateTimeOffset Until);
}
