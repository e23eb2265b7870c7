using Marten;
using PeerRegistry.Tests;

namespace PeerRegistry.Store.Contract;

public sealed class PostgresEventStoreTests(TestPostgres postgres) : EventStoreContract
{
    private Node node = null!;

    private protected override async Task<TestStore> Open()
    {
        node = await Node.Start(await postgres.CreateDatabase());
        return node.Store;
    }

    protected override async Task Close() => await node.DisposeAsync();

    [Fact]
    public async Task A_stream_is_read_to_a_version_and_to_a_time()
    {
        await Store.Append(Given.Counts(A, "tally-x", 0, 1, 2), Given.Soon);
        await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Given.Soon);
        await Store.Append(Given.Counts(A, "tally-x", 2, 3), Given.Soon);
        var first = (await Read(A, "tally-x"))[0].At;

        await using var session = node.Get<IDocumentStore>().QuerySession(A.Value);
        Assert.Single(await session.Events.FetchStreamAsync("tally-x", version: 1, token: Given.Soon));
        Assert.Equal(2, (await session.Events.FetchStreamAsync("tally-x", timestamp: first, token: Given.Soon)).Count);
        Assert.Empty(await session.Events.FetchStreamAsync("tally-x", timestamp: first.AddMicroseconds(-1), token: Given.Soon));
    }
}
