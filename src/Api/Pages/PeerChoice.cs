using System.Globalization;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Pages;

/// <summary>
/// Some of the owner's peers, chosen in a form that shows a part of the list at a time. What is ticked is sent with every search and with every turn
/// of a page, so nothing that was ticked is lost before it is saved, with or without scripts.
/// </summary>
/// <param name="Ticked">Everybody who is chosen at the moment, shown or not, saved or not.</param>
/// <param name="Shown">The peers with a box in the form.</param>
/// <param name="Text">The text that was searched for, or null.</param>
/// <param name="Number">Which page of those that were found is shown, from 1.</param>
/// <param name="Found">The number of peers that were found, on all pages.</param>
/// <param name="Total">The number of peers to choose from.</param>
public sealed record PeerChoice(IReadOnlySet<ShortId> Ticked, IReadOnlyList<Peer> Shown, string? Text, int Number, int Found, int Total)
{
    /// <summary>The largest form, in bytes: enough for thirty thousand short IDs.</summary>
    public const int MaxForm = 256 * 1024;

    private const int Size = 50;

    public int Pages => PagesOf(Found);

    /// <param name="offered">Whether the peer can be chosen.</param>
    /// <param name="saved">Whether the peer was chosen when the owner last saved. Those come first, so that they are found again.</param>
    /// <param name="form">The form that was sent to search or to turn the page, or null for what is saved.</param>
    public static PeerChoice Of(PortalSnapshot portal, Func<Peer, bool> offered, Func<Peer, bool> saved, PageForm? form)
    {
        var (all, text) = (portal.FindPeers(PeerFilter.All).Where(offered).ToList(), form?["text"]);
        var bySaved = (text is null ? all : portal.FindPeers(new PeerFilter(text)).Where(offered)).ToLookup(saved);
        List<Peer> found = [.. bySaved[true], .. bySaved[false]];
        var page = Math.Clamp(int.TryParse(form?["number"], CultureInfo.InvariantCulture, out var number) ? number : 1, 1, Math.Max(1, PagesOf(found.Count)));
        var ticked = form is null ? bySaved[true].Select(peer => peer.Short).ToHashSet() : TickedIn(form);
        return new PeerChoice(ticked, [.. found.Skip((page - 1) * Size).Take(Size)], text, page, found.Count, all.Count);
    }

    /// <summary>Everybody who is chosen in a form: the ticked ones that it shows, and all others that were ticked before.</summary>
    public static IReadOnlySet<ShortId> TickedIn(PageForm form)
    {
        var ticked = Ids(form["ticked"]?.Split(' ') ?? []).ToHashSet();
        ticked.ExceptWith(Ids(form["shown"]?.Split(' ') ?? []));
        ticked.UnionWith(Ids(form.All("peers")));
        return ticked;
    }

    private static int PagesOf(int found) => (found + Size - 1) / Size;

    private static IEnumerable<ShortId> Ids(IEnumerable<string> texts)
    {
        foreach (var text in texts)
        {
            if (ShortId.TryParse(text, out var id))
                yield return id;
        }
    }
}
