using System.Globalization;
using System.Reflection;
using PeerRegistry.Api.Apps;
using PeerRegistry.Api.Pages;
using PeerRegistry.Application.Audit;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Devices;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Audit;

/// <summary>An event as a sentence: who did what to whom. Names are kept apart from the text, so that no name can be mistaken for text.</summary>
/// <param name="What">The text, with <c>{0}</c> in the place of <paramref name="Whom"/>, <c>{1}</c> of <paramref name="Quote"/> and <c>{2}</c> of <paramref name="Who"/>.</param>
/// <param name="Quote">A text that a person wrote, or null.</param>
/// <param name="Tone"><c>good</c>, <c>bad</c> or empty.</param>
/// <param name="Link">The page about the subject, or null if there is none.</param>
public sealed record HistoryEntry(
    long Sequence, DateTimeOffset At, string Type, string Who, string What, string? Whom, string? Quote, string Tone, string? Link)
{
    /// <summary>The sentence as one text.</summary>
    public string Text => string.Concat(Sentence().Select(part => part.Text));

    /// <summary>The sentence in parts, with names marked as such.</summary>
    public IEnumerable<(string Text, Part Part)> Sentence()
    {
        var rest = What;
        for (var open = rest.IndexOf('{', StringComparison.Ordinal); open >= 0; open = rest.IndexOf('{', StringComparison.Ordinal))
        {
            yield return (rest[..open], Part.Words);
            yield return rest[open + 1] switch
            {
                '0' => (Whom ?? "", Part.Whom),
                '1' => (Quote ?? "", Part.Quote),
                _ => (Who, Part.Who),
            };
            rest = rest[(open + 3)..];
        }

        yield return (rest, Part.Words);
    }

    public enum Part
    {
        Words,
        Whom,
        Quote,
        Who,
    }
}

/// <summary>Turns events into sentences for the owner, with the names that everybody had at the time.</summary>
internal sealed class HistoryWords(NamesThen names)
{
    private readonly record struct Words(string What, string? Whom = null, string? Quote = null, string Tone = "", string? Link = null);

    /// <summary>The streams whose names the sentence of this event needs.</summary>
    public static IEnumerable<string> Streams(Recorded recorded)
    {
        yield return recorded.Stream;
        if (StreamOf(recorded.Actor) is { } actor)
            yield return actor;
        if (recorded.Data is InviteUsed used)
            yield return Peer.Stream(used.By.Short);
    }

    /// <returns>The wire name.</returns>
    public static string TypeOf(DomainEvent happened) => happened.GetType().GetCustomAttribute<WireNameAttribute>()!.Name;

    public HistoryEntry Of(Recorded recorded)
    {
        var words = recorded.Data switch
        {
            PeerEvent e => OfPeer(e, recorded),
            PortalEvent e => OfPortal(e, recorded.Sequence),
            AppEvent e => OfApp(e, recorded),
            DeviceEvent e => OfDevice(e, recorded),
            CircleEvent e => OfCircle(e),
            RecoveryEvent e => OfRecovery(e),
            _ => Unknown(recorded.Data),
        };
        var who = Who(recorded.Actor, recorded.Sequence);
        return new HistoryEntry(
            recorded.Sequence, recorded.At, TypeOf(recorded.Data), recorded.Reason == "invite" ? HistoryTexts.FormatByInvite(who) : who,
            words.What, words.Whom, words.Quote, words.Tone, words.Link);
    }

    private Words OfPeer(PeerEvent happened, Recorded recorded)
    {
        var shortId = recorded.Stream["peer-".Length..];
        var (link, byItself) = ($"/peers/{shortId}", StreamOf(recorded.Actor) == recorded.Stream); // then the sentence names the peer as its actor
        var (name, before) = (PeerName(shortId, recorded.Sequence), PeerName(shortId, recorded.Sequence - 1));
        return happened switch
        {
            PeerAdded when byItself => new(HistoryTexts.PeerAddedByItself, Link: link),
            PeerKeyPinned when byItself => new(HistoryTexts.PeerKeyPinnedByItself, Tone: "good", Link: link),
            PeerNameClaimed { Name: { } claimed } when byItself => new(HistoryTexts.PeerNameClaimedByItself, null, claimed, Link: link),
            PeeringConfirmed when byItself => new(HistoryTexts.PeeringConfirmedByItself, Tone: "good", Link: link),
            PeeringWithdrawn when byItself => new(HistoryTexts.PeeringWithdrawnByItself, Tone: "bad", Link: link),
            PeerAdded => new(HistoryTexts.PeerAdded, name, Link: link),
            PeerRenamed { Petname: { } petname } => new(HistoryTexts.PeerRenamed, before, petname, Link: link),
            PeerRenamed => new(HistoryTexts.PeerNameRemoved, before, Link: link),
            PeerCirclesSet => new(HistoryTexts.PeerCirclesSet, name, Link: link),
            PeerMoved e => new(HistoryTexts.PeerMoved, name, e.Domain, Link: link),
            PeerNoted { Note: null } => new(HistoryTexts.PeerNoteDeleted, name, Link: link),
            PeerNoted => new(HistoryTexts.PeerNoted, name, Link: link),
            PeerAddressChanged e => new(HistoryTexts.PeerAddressChanged, name, e.Domain, Link: link),
            PeerKeyPinned => new(HistoryTexts.PeerKeyPinned, name, Tone: "good", Link: link),
            PeerVerified => new(HistoryTexts.PeerVerified, name, Tone: "good", Link: link),
            PeerIdentityRefused e => new(HistoryTexts.PeerIdentityRefused, name, e.Answered.Short.Value, "bad", link),
            PeerProtocolSeen => new(HistoryTexts.PeerProtocolSeen, name, Link: link),
            PeerNameClaimed { Name: { } claimed } => new(HistoryTexts.PeerNameClaimed, before, claimed, Link: link),
            PeerNameClaimed => new(HistoryTexts.PeerNameNoLongerClaimed, before, Link: link),
            PeeringOffered { ToOriginal: true } => new(HistoryTexts.PeeringOfferedToOriginal, name, Link: link),
            PeeringOffered => new(HistoryTexts.PeeringOffered, name, Link: link),
            PeeringConfirmed => new(HistoryTexts.PeeringConfirmed, name, Tone: "good", Link: link),
            PeeringWithdrawn => new(HistoryTexts.PeeringWithdrawn, name, Tone: "bad", Link: link),
            PeerRemoved => new(HistoryTexts.PeerRemoved, name, Tone: "bad", Link: link),
            PeerBlocked => new(HistoryTexts.PeerBlocked, name, Tone: "bad", Link: link),
            PeerUnblocked => new(HistoryTexts.PeerUnblocked, name, Link: link),
            PeerIdentityForgotten => new(HistoryTexts.PeerIdentityForgotten, before, Tone: "bad", Link: link),
            _ => Unknown(happened),
        };
    }

    private Words OfPortal(PortalEvent happened, long sequence) => happened switch
    {
        PortalCreated e => new(HistoryTexts.PortalCreated, e.Name, Tone: "good"),
        ProfileChanged e => new(HistoryTexts.ProfileChanged, e.Name, Link: "/profile"),
        ZoneChanged e => new(HistoryTexts.ZoneChanged, Quote: e.Zone, Tone: "good"),
        AvatarChanged { Sha256: null } => new(HistoryTexts.AvatarRemoved, Link: "/profile"),
        AvatarChanged => new(HistoryTexts.AvatarChanged, Link: "/profile"),
        LanguageChosen { Language: { } language } => new(HistoryTexts.LanguageChosen, Languages.Named(language), Link: "/profile"),
        LanguageChosen => new(HistoryTexts.LanguageOfBrowser, Link: "/profile"),
        AppsAnnouncingSet { Announces: true } => new(HistoryTexts.AppsAnnounced, Link: "/apps"),
        AppsAnnouncingSet => new(HistoryTexts.AppsNotAnnounced, Link: "/apps"),
        InviteCreated { Label: { } label } => new(HistoryTexts.InviteCreatedFor, null, label, Link: "/home"),
        InviteCreated => new(HistoryTexts.InviteCreated, Link: "/home"),
        InviteUsed e => new(HistoryTexts.InviteUsed, PeerName(e.By.Short.Value, sequence), Tone: "good", Link: $"/peers/{e.By.Short}"),
        InviteRevoked => new(HistoryTexts.InviteRevoked, Tone: "bad"),
        _ => Unknown(happened),
    };

    private Words OfApp(AppEvent happened, Recorded recorded)
    {
        var app = recorded.Stream["app-".Length..];
        var (called, link) = (AppName(app, recorded.Sequence), $"/apps/{app}");
        return happened switch
        {
            AppRegistered => new(HistoryTexts.AppRegistered, called, Tone: "good", Link: link),
            AppIconSet { Sha256: null } => new(HistoryTexts.AppIconRemoved, called, Link: link),
            AppIconSet => new(HistoryTexts.AppIconSet, called, Link: link),
            AppUpdated => new(HistoryTexts.AppUpdated, called, Link: link),
            AppVisibilitySet { Visibility.Mode: VisibilityMode.All } => new(HistoryTexts.AppSeesAll, called, Link: link),
            AppVisibilitySet { Visibility.Mode: VisibilityMode.None } => new(HistoryTexts.AppSeesNone, called, Link: link),
            AppVisibilitySet { Visibility.Mode: VisibilityMode.AllExcept } => new(HistoryTexts.AppSeesAllExcept, called, Link: link),
            AppVisibilitySet { Visibility.Circles.Count: > 0 } => new(HistoryTexts.AppSeesCircles, called, Link: link),
            AppVisibilitySet { Visibility.Peers.Count: 1 } => new(HistoryTexts.AppSeesOne, called, Link: link),
            AppVisibilitySet e => new(
                HistoryTexts.AppSeesSome, called, e.Visibility.Peers.Count.ToString("N0", CultureInfo.CurrentCulture), Link: link),
            AppCredentialIssued => new(HistoryTexts.AppCredentialIssued, called, Link: link),
            AppPasswordCreated e => new(HistoryTexts.AppPasswordCreated, called, e.Label, Link: link),
            AppPasswordRevoked => new(HistoryTexts.AppPasswordRevoked, called, Link: link),
            AppPermissionGranted e => new(HistoryTexts.AppPermissionGranted, called, AppWords.Permission(e.Permission), Link: link),
            AppPermissionDenied e => new(HistoryTexts.AppPermissionDenied, called, AppWords.Permission(e.Permission), Link: link),
            AppRemoved => new(HistoryTexts.AppRemoved, called, Tone: "bad"),
            _ => Unknown(happened),
        };
    }

    private Words OfDevice(DeviceEvent happened, Recorded recorded) => happened switch
    {
        DevicePaired e when recorded.Actor == Actor.Device(e.Id) => new(HistoryTexts.DevicePairedByItself, Tone: "good", Link: "/devices"),
        DevicePaired e => new(HistoryTexts.DevicePaired, e.Name, Tone: "good", Link: "/devices"),
        DeviceRenamed e => new(HistoryTexts.DeviceRenamed, Named(recorded.Stream, recorded.Sequence - 1), e.Name, Link: "/devices"),
        DeviceRevoked => new(HistoryTexts.DeviceRevoked, Named(recorded.Stream, recorded.Sequence), Tone: "bad", Link: "/devices"),
        _ => Unknown(happened),
    };

    private static Words OfCircle(CircleEvent happened) => happened switch
    {
        CircleCreated e => new(HistoryTexts.CircleCreated, null, e.Name, "good", $"/circles/{e.Circle}"),
        CircleRenamed e => new(HistoryTexts.CircleRenamed, null, e.Name, Link: $"/circles/{e.Circle}"),
        CircleRemoved e => new(HistoryTexts.CircleRemoved, null, e.Name, "bad"),
        _ => Unknown(happened),
    };

    private static Words OfRecovery(RecoveryEvent happened) => happened switch
    {
        RecoverySheetMade => new(HistoryTexts.RecoverySheetMade, Link: "/devices/recovery"),
        RecoverySheetUsed => new(HistoryTexts.RecoverySheetUsed, Tone: "good", Link: "/devices"),
        RecoverySheetRevoked => new(HistoryTexts.RecoverySheetRevoked, Tone: "bad", Link: "/devices/recovery"),
        _ => Unknown(happened),
    };

    /// <summary>An event that nobody has put into words. A test finds it before an owner does.</summary>
    private static Words Unknown(DomainEvent happened) => new(HistoryTexts.Unknown, Quote: TypeOf(happened));

    private string Who(Actor actor, long sequence) => actor.Value.Split(':', 2) switch
    {
        ["device", _] => HistoryTexts.FormatYou(Named(StreamOf(actor)!, sequence)),
        ["app", var name] => HistoryTexts.FormatApp(AppName(name, sequence)),
        ["peer", var id] => HistoryTexts.FormatPeer(PeerName(id[..ShortId.Length], sequence)),
        _ => HistoryTexts.ThisPortal,
    };

    private static string? StreamOf(Actor actor) => actor.Value.Split(':', 2) switch
    {
        ["device", var id] => $"device-{id}",
        ["app", var name] => $"app-{name}",
        ["peer", var id] => $"peer-{id[..ShortId.Length]}",
        _ => null,
    };

    private string PeerName(string shortId, long sequence) => names.At($"peer-{shortId}", sequence) ?? shortId;

    private string AppName(string app, long sequence) => names.At($"app-{app}", sequence) ?? app;

    /// <summary>The name of a device.</summary>
    private string Named(string stream, long sequence) => names.At(stream, sequence) ?? HistoryTexts.SomeDevice;
}
