using Npgsql;
using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Keys;

/// <summary>Writes table <c>portal_keys</c>. A second key for a Portal is an error.</summary>
internal sealed class SealedKeyWriter : AlongsideWriter<StoreSealedKey>
{
    protected override IEnumerable<NpgsqlBatchCommand> Write(PortalId portal, StoreSealedKey row) =>
    [
        new("insert into registry.portal_keys (portal_id, sealed) values ($1, $2)")
        {
            Parameters = { new() { Value = portal.Value }, new() { Value = row.Sealed.ToArray() } },
        },
    ];
}
