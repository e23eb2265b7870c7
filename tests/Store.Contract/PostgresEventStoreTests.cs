using PeerRegistry.Application.Common;
using PeerRegistry.Tests;

namespace PeerRegistry.Store.Contract;

public sealed class PostgresEventStoreTests(TestPostgres postgres) : EventStoreContract
{
    private Node node = null!;

    protected override async Task<IEventStore> Open()
    {
        node = await Node.Start(await postgres.CreateDatabase());
        return node.Store;
    }

    protected override async Task Close() => await node.DisposeAsync();
}
