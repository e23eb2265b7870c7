using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Originals;

/// <summary>Something that an import does not take over, with the reason as a sentence.</summary>
public sealed record LeftOut(string What, string Why);

/// <param name="Id">The full ID if the key is known, otherwise what the owner typed.</param>
/// <param name="Key">The key that the original has pinned, or null if the peer was never reached.</param>
public sealed record PlannedContact(TypedPortalId Id, PublicKey? Key, string? Name);

public sealed record PlannedDevice(string Id, string Name);

/// <summary>A Portal that an import creates from an identity of an original.</summary>
/// <param name="Avatar">The new picture, as it is stored.</param>
public sealed record PlannedPortal(NewKey Key, string Name, string? Email, string? Description, byte[]? Avatar)
{
    public PortalId Id => Key.Key.Id;

    public IReadOnlyList<PlannedContact> Peers { get; init; } = [];

    public IReadOnlyList<PlannedDevice> Devices { get; init; } = [];

    public IReadOnlyList<AppMeta> Apps { get; init; } = [];
}

/// <param name="Portals">The default identity first.</param>
public sealed record OriginalPlan(IReadOnlyList<PlannedPortal> Portals, IReadOnlyList<LeftOut> LeftOut);

/// <summary>
/// Decides what of an original is taken over. A key that is not that of its ID refuses everything, because the ID is the identity; a peer, terminal, app or
/// picture that cannot be taken is left out, with the reason.
/// </summary>
/// <param name="check">Refuses an app that cannot be registered here.</param>
internal sealed class OriginalPlanner(IKeyVault vault, IPictures pictures, Action<PortalId, AppMeta> check)
{
    private const int MaxDeviceId = 64;

    private readonly List<LeftOut> leftOut = [];

    /// <exception cref="RefusedException"><c>import_source_invalid</c>; <c>import_key_invalid</c></exception>
    public async Task<OriginalPlan> Make(OriginalData data, CancellationToken ct)
    {
        if (data.Identities.Count == 0)
            throw new RefusedException(RefusalKind.Invalid, "import_source_invalid", "The folder holds no identity, so there is nothing to import.");

        var portals = new List<PlannedPortal>();
        foreach (var identity in data.Identities.OrderByDescending(identity => identity.IsDefault))
            portals.Add(await Portal(identity, ct));
        var owner = portals[0];
        portals[0] = owner with { Peers = Peers(data, owner.Id), Devices = Devices(data), Apps = Apps(data, owner.Id) };
        return new OriginalPlan(portals, leftOut);
    }

    private async Task<PlannedPortal> Portal(OriginalIdentity identity, CancellationToken ct)
    {
        var key = vault.Seal(identity.PrivateKey);
        if (key.Key.Id.Value != identity.Id)
        {
            throw new RefusedException(RefusalKind.Invalid, "import_key_invalid",
                $"The private key of identity {Short(identity.Id)} is that of another ID, {key.Key.Id.Short}.");
        }

        var (whose, email, description) = (key.Key.Id.Short, Given(identity.Email), Given(identity.Description));
        if (email is not null && !EmailAddress.IsValid(email))
            email = Without<string>($"the e-mail address of {whose}", "No mail can be sent to it.");
        if (description is { Length: > Profile.MaxDescription } || description?.Contains('\0', StringComparison.Ordinal) is true)
            description = Without<string>($"the description of {whose}", $"A description is text of at most {Profile.MaxDescription} characters.");
        return new(key, DisplayName.Claimed(identity.Name) ?? whose.Value, email, description, await Avatar(identity.Avatar, whose, ct));
    }

    private async Task<byte[]?> Avatar(ReadOnlyMemory<byte>? file, ShortId whose, CancellationToken ct)
    {
        try
        {
            return file is { } bytes ? await pictures.MakeAvatar(bytes, ct) : null;
        }
        catch (RefusedException refused)
        {
            return Without<byte[]>($"the picture of {whose}", refused.Message);
        }
    }

    private List<PlannedContact> Peers(OriginalData data, PortalId self)
    {
        var (planned, seen) = (new List<PlannedContact>(), new HashSet<ShortId> { self.Short });
        foreach (var peer in data.Peers)
        {
            if (Contact(peer) is not { } contact)
                continue;
            if (seen.Add(contact.Id.Short))
                planned.Add(contact);
            else
                Leave($"peer {contact.Id.Short}", "Another one has an ID that begins with the same six characters.");
        }

        return planned;
    }

    private PlannedContact? Contact(OriginalPeer peer)
    {
        var what = $"peer {Short(peer.Id)}";
        if (!TypedPortalId.TryParse(peer.Id, out var id))
            return Without<PlannedContact>(what, "Its ID is not one.");

        var name = DisplayName.Claimed(peer.Name);
        if (Given(peer.PublicKey) is not { } pem)
            return new PlannedContact(id, null, name);

        try
        {
            var key = PublicKey.Parse(pem);
            return id.Matches(key.Id)
                ? new PlannedContact(TypedPortalId.Of(key.Id), key, name)
                : Without<PlannedContact>(what, "Its key is that of another ID.");
        }
        catch (RefusedException refused)
        {
            return Without<PlannedContact>(what, refused.Message);
        }
    }

    private List<PlannedDevice> Devices(OriginalData data)
    {
        var planned = new List<PlannedDevice>();
        foreach (var terminal in data.Terminals.DistinctBy(terminal => terminal.Id))
        {
            if (terminal.Id is not { Length: > 0 and <= MaxDeviceId } || !terminal.Id.All(char.IsAsciiLetterOrDigit))
                Leave($"terminal {Short(terminal.Id)}", "Its id is not one.");
            else if (DisplayName.Claimed(terminal.Name) is { } name)
                planned.Add(new PlannedDevice(terminal.Id, name));
            else
                Leave($"terminal {terminal.Id}", "It has no name.");
        }

        return planned;
    }

    private List<AppMeta> Apps(OriginalData data, PortalId portal)
    {
        var planned = new List<AppMeta>();
        foreach (var app in data.Apps.DistinctBy(app => app.Name))
        {
            try
            {
                var meta = AppMetaParser.Parse(app.Description ?? throw AppMeta.Refuse("There is no app_meta.json.")).Meta;
                if (meta.Name != app.Name)
                    throw AppMeta.Refuse($"Its description names another app, {meta.Name}.");
                check(portal, meta);
                planned.Add(meta);
            }
            catch (RefusedException refused)
            {
                Leave($"app {Cut(app.Name)}", refused.Message);
            }
        }

        return planned;
    }

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    /// <summary>The beginning of an ID that may be anything.</summary>
    private static string Short(string id) => Cut(id.Length > ShortId.Length ? id[..ShortId.Length] : id);

    /// <summary>A text of the folder as it may be shown.</summary>
    private static string Cut(string text) => DisplayName.Claimed(text) ?? "without a name";

    private void Leave(string what, string why) => leftOut.Add(new LeftOut(what, why));

    private T? Without<T>(string what, string why)
        where T : class
    {
        Leave(what, why);
        return null;
    }
}
