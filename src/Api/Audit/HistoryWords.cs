using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Devices;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Audit;

/// <summary>An event as a sentence: who did what to whom. Names are kept apart from the text, so that no name can be mistaken for text.</summary>
/// <param name="What">The text, with <c>{0}</c> in the place of <paramref name="Whom"/> and <c>{1}</c> in the place of <paramref name="Quote"/>.</param>
/// <param name="Quote">A text that a person wrote, or null.</param>
/// <param name="Tone"><c>good</c>, <c>bad</c> or empty.</param>
/// <param name="Link">The page about the subject, or null if there is none.</param>
public sealed record HistoryEntry(
    long Sequence, DateTimeOffset At, string Type, string Who, string What, string? Whom, string? Quote, string Tone, string? Link)
{
    /// <summary>The sentence in parts, with names marked as such.</summary>
    public IEnumerable<(string Text, Part Part)> Sentence()
    {
        var rest = What;
        for (var open = rest.IndexOf('{', StringComparison.Ordinal); open >= 0; open = rest.IndexOf('{', StringComparison.Ordinal))
        {
            yield return (rest[..open], Part.Words);
            yield return rest[open + 1] == '0' ? (Whom ?? "", Part.Whom) : (Quote ?? "", Part.Quote);
            rest = rest[(open + 3)..];
        }

        yield return (rest, Part.Words);
    }

    public enum Part
    {
        Words,
        Whom,
        Quote,
    }
}

/// <summary>Turns events into sentences for the owner.</summary>
/// <param name="portal">Provides the current names.</param>
internal sealed class HistoryWords(PortalSnapshot portal)
{
    private readonly record struct Words(string What, string? Whom = null, string? Quote = null, string Tone = "", string? Link = null);

    public HistoryEntry Of(Recorded recorded)
    {
        var type = recorded.Data.GetType().GetCustomAttributes(typeof(WireNameAttribute), false) is [WireNameAttribute wire] ? wire.Name : "";
        var words = recorded.Data switch
        {
            PeerEvent e => OfPeer(e, recorded.Stream["peer-".Length..], recorded.Actor.Value.StartsWith("peer:", StringComparison.Ordinal)),
            PortalEvent e => OfPortal(e),
            AppEvent e => OfApp(e, recorded.Stream["app-".Length..]),
            CircleEvent e => OfCircle(e),
            DeviceEvent e => OfDevice(e, recorded.Stream["device-".Length..]),
            RecoveryEvent e => OfRecovery(e),
            _ => new Words("recorded {0}", type),
        };
        if (recorded.Data is DevicePaired paired && recorded.Actor == Actor.Device(paired.Id))
            words = words with { What = "joined as one of your devices", Whom = null };
        var who = recorded.Reason == "invite" ? $"{Who(recorded.Actor)}, by invite" : Who(recorded.Actor);
        return new HistoryEntry(recorded.Sequence, recorded.At, type, who, words.What, words.Whom, words.Quote, words.Tone, words.Link);
    }

    /// <param name="byItself">Whether the peer itself is the actor, which the sentence already names.</param>
    private Words OfPeer(PeerEvent happened, string shortId, bool byItself)
    {
        var (name, link) = (Peer(shortId), $"/peers/{shortId}");
        return happened switch
        {
            PeerAdded when byItself => new("was added to the contact list", Link: link),
            PeerKeyPinned when byItself => new("showed its key, which is pinned now", Tone: "good", Link: link),
            PeerNameClaimed { Name: { } claimed } when byItself => new("calls itself “{1}”", null, claimed, Link: link),
            PeeringConfirmed when byItself => new("has added this Portal, too, so you are mutual", Tone: "good", Link: link),
            PeeringWithdrawn when byItself => new("removed this Portal", Tone: "bad", Link: link),
            PeerAdded => new("added {0}", name, Link: link),
            PeerRenamed { Petname: { } petname } => new("called {0} “{1}”", name, petname, Link: link),
            PeerRenamed => new("removed the name given to {0}", name, Link: link),
            PeerCirclesSet => new("changed the circles of {0}", name, Link: link),
            PeerAddressChanged e => new("moved {0} to {1}", name, e.Domain, Link: link),
            PeerMoved e => new("followed {0} to its new address {1}", name, e.Domain, Link: link),
            PeerKeyPinned => new("reached {0} and pinned its key", name, Tone: "good", Link: link),
            PeerVerified => new("compared the numbers with {0}, so the key is verified", name, Tone: "good", Link: link),
            PeerIdentityRefused e => new("refused another key that answered for {0}: {1}", name, e.Answered.Short.Value, "bad", link),
            PeerProtocolSeen => new("saw that {0} signs its answers", name, Link: link),
            PeerNameClaimed { Name: { } claimed } => new("learned that {0} calls itself “{1}”", name, claimed, Link: link),
            PeerNameClaimed => new("learned that {0} no longer gives itself a name", name, Link: link),
            PeeringOffered { ToOriginal: true } => new("found that {0} runs an older kind of Portal", name, Link: link),
            PeeringOffered => new("told {0} that it was added", name, Link: link),
            PeeringConfirmed => new("became mutual with {0}", name, Tone: "good", Link: link),
            PeeringWithdrawn => new("learned that {0} removed this Portal", name, Tone: "bad", Link: link),
            PeerRemoved => new("removed {0}", name, Tone: "bad"),
            PeerBlocked => new("blocked {0}", name, Tone: "bad", Link: link),
            PeerUnblocked => new("unblocked {0}", name, Link: link),
            PeerIdentityForgotten => new("forgot the key of {0}", name, Tone: "bad"),
            _ => new("recorded something about {0}", name, Link: link),
        };
    }

    private Words OfPortal(PortalEvent happened) => happened switch
    {
        PortalCreated e => new("created this Portal, {0}", e.Name, Tone: "good"),
        ZoneChanged e => new("moved this Portal to {0}", e.Zone, Tone: "good"),
        ProfileChanged e => new("changed the profile of {0}", e.Name, Link: "/profile"),
        AvatarChanged { Sha256: null } => new("removed the picture", Link: "/profile"),
        AvatarChanged => new("changed the picture", Link: "/profile"),
        LanguageChosen { Language: { } language } => new("chose {0} as the language of the pages", Languages.Named(language), Link: "/profile"),
        LanguageChosen => new("let each browser choose the language of the pages", Link: "/profile"),
        AppsAnnouncingSet { Announces: true } => new("chose that peers are told of the apps that they may use", Link: "/apps"),
        AppsAnnouncingSet => new("chose that peers are not told of apps", Link: "/apps"),
        InviteCreated { Label: { } label } => new("created an invite for “{1}”", null, label, Link: "/home"),
        InviteCreated => new("created an invite", Link: "/home"),
        InviteUsed e => new("let {0} in by an invite", Peer(e.By.Short.Value), Tone: "good", Link: $"/peers/{e.By.Short}"),
        InviteRevoked => new("revoked an invite", Tone: "bad"),
        _ => new("recorded something about the Portal"),
    };

    private Words OfApp(AppEvent happened, string name)
    {
        var (called, link) = (portal.Apps.GetValueOrDefault(name)?.Meta.PrettyName ?? name, $"/apps/{name}");
        return happened switch
        {
            AppRegistered => new("registered the app {0}", called, Tone: "good", Link: link),
            AppUpdated => new("updated the app {0}", called, Link: link),
            AppVisibilitySet { Visibility.Mode: VisibilityMode.All } => new("let {0} see all peers", called, Link: link),
            AppVisibilitySet { Visibility.Mode: VisibilityMode.None } => new("let {0} see no peer", called, Link: link),
            AppVisibilitySet { Visibility.Mode: VisibilityMode.AllExcept } => new("let {0} see all peers but some", called, Link: link),
            AppVisibilitySet { Visibility.Circles.Count: > 0 } => new("let {0} see circles of peers", called, Link: link),
            AppVisibilitySet e =>
                new("let {0} see {1}", called, $"{e.Visibility.Peers.Count} chosen peer{(e.Visibility.Peers.Count == 1 ? "" : "s")}", Link: link),
            AppIconSet { Sha256: null } => new("removed the icon of {0}", called, Link: link),
            AppIconSet => new("changed the icon of {0}", called, Link: link),
            AppCredentialIssued => new("created a new token for {0}", called, Link: link),
            AppPasswordCreated e => new("created a password for {0}: “{1}”", called, e.Label, Link: link),
            AppPasswordRevoked => new("revoked a password for {0}", called, Link: link),
            AppRemoved => new("removed the app {0}", called, Tone: "bad"),
            _ => new("recorded something about the app {0}", called, Link: link),
        };
    }

    private static Words OfCircle(CircleEvent happened) => happened switch
    {
        CircleCreated e => new("created the circle “{1}”", null, e.Name, "good", $"/circles/{e.Circle}"),
        CircleRenamed e => new("renamed a circle to “{1}”", null, e.Name, Link: $"/circles/{e.Circle}"),
        CircleRemoved e => new("removed the circle “{1}”", null, e.Name, "bad"),
        _ => new("recorded something about a circle"),
    };

    private Words OfDevice(DeviceEvent happened, string id) => happened switch
    {
        DevicePaired e => new("paired {0}", e.Name, Tone: "good", Link: "/devices"),
        DeviceRenamed e => new("renamed a device to “{1}”", null, e.Name, Link: "/devices"),
        DeviceRevoked => new("revoked the device {0}", Device(id), Tone: "bad", Link: "/devices"),
        _ => new("recorded something about the device {0}", Device(id)),
    };

    private static Words OfRecovery(RecoveryEvent happened) => happened switch
    {
        RecoverySheetMade => new("made a recovery sheet", Link: "/devices/recovery"),
        RecoverySheetUsed => new("used the recovery sheet", Tone: "good", Link: "/devices"),
        RecoverySheetRevoked => new("revoked the recovery sheet", Tone: "bad", Link: "/devices/recovery"),
        _ => new("recorded something about the recovery sheet"),
    };

    private string Who(Actor actor) => actor.Value.Split(':', 2) switch
    {
        ["device", var id] => $"You, on {Device(id)},",
        ["app", var name] => $"The app {portal.Apps.GetValueOrDefault(name)?.Meta.PrettyName ?? name}",
        ["peer", var id] => $"Peer {Peer(id[..ShortId.Length])}",
        _ => "This Portal",
    };

    private string Device(string id) => portal.Devices.GetValueOrDefault(id)?.Name ?? "a revoked device";

    private string Peer(string shortId) =>
        ShortId.TryParse(shortId, out var id) && portal.Peers.GetValueOrDefault(id) is { } peer ? peer.Name : shortId;
}
