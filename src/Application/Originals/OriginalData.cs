using PeerRegistry.Domain.Common;

namespace PeerRegistry.Application.Originals;

/// <summary>What the data folder of an original core holds, as that core has written it. Nothing of it is checked.</summary>
public sealed record OriginalData(
    IReadOnlyList<OriginalIdentity> Identities, IReadOnlyList<OriginalPeer> Peers, IReadOnlyList<OriginalTerminal> Terminals, IReadOnlyList<OriginalApp> Apps);

/// <param name="PrivateKey">PKCS#8 in PEM, not encrypted.</param>
/// <param name="IsDefault">Whether it is the identity that has the peers, terminals and apps.</param>
/// <param name="Avatar">The file, or null if there is none.</param>
public sealed record OriginalIdentity(
    string Id, string? Name, string? Email, string? Description, string PrivateKey, bool IsDefault, ReadOnlyMemory<byte>? Avatar);

/// <param name="Id">The full ID, or its beginning if the peer was never reached.</param>
/// <param name="Name">The name that the peer claims.</param>
/// <param name="PublicKey">PEM, or null if the peer was never reached.</param>
public sealed record OriginalPeer(string Id, string? Name, string? PublicKey);

public sealed record OriginalTerminal(string Id, string? Name);

/// <param name="Description">Its <c>app_meta.json</c>, or null if there is none.</param>
public sealed record OriginalApp(string Name, ReadOnlyMemory<byte>? Description);

/// <summary>Reads data folders of the original core, and changes nothing in them.</summary>
public interface IOriginalFolders
{
    /// <param name="folder">The folder in which <c>core</c> is.</param>
    /// <exception cref="RefusedException"><c>import_source_missing</c>, <c>import_source_invalid</c></exception>
    Task<OriginalData> Read(string folder, CancellationToken ct);
}
