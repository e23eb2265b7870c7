using Marten;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Sessions;
using PeerRegistry.Infrastructure.Store;
using PeerRegistry.Tests;

namespace PeerRegistry.Store.Contract;

/// <summary>What the handler of a command may rely on.</summary>
public sealed class CommitTests(TestPostgres postgres) : IAsyncLifetime
{
    private readonly PortalId a = Given.Portal();
    private Node node = null!;

    public async ValueTask InitializeAsync() => node = await Node.Start(await postgres.CreateDatabase());

    public async ValueTask DisposeAsync() => await node.DisposeAsync();

    [Fact]
    public async Task A_handler_that_lost_a_race_runs_again_on_a_fresh_session()
    {
        var sessions = new HashSet<IDocumentSession>();
        var result = await Run(async session =>
        {
            var version = (await session.Events.FetchStreamAsync("tally-x", token: Given.Soon)).Count;
            if (sessions.Add(session) && sessions.Count == 1)
                await node.Store.Append(Given.Counts(a, "tally-x", 0, 7), Given.Soon);
            session.Events.Append("tally-x", version + 1, new Counted(8));
            return version;
        });

        Assert.Equal((1, 2), (result, sessions.Count));
        Assert.Equal([7, 8], (await node.Store.ReadStream(a, "tally-x", Given.Soon)).Numbers());
    }

    [Fact]
    public async Task A_handler_that_loses_every_race_ends_with_a_failure()
    {
        var version = 0;
        await Assert.ThrowsAsync<StaleVersionException>(() => Run(async session =>
        {
            await node.Store.Append(Given.Counts(a, "tally-x", version++, 7), Given.Soon);
            session.Events.Append("tally-x", version, new Counted(8));
            return 0;
        }));

        Assert.DoesNotContain(8, (await node.Store.ReadStream(a, "tally-x", Given.Soon)).Numbers());
    }

    [Fact]
    public async Task Nothing_is_written_if_the_handler_throws()
    {
        await Assert.ThrowsAsync<TimeoutException>(() => Run<int>(session =>
        {
            session.Events.Append("tally-x", 1, new Counted(8));
            throw new TimeoutException();
        }));

        Assert.Empty(await node.Store.ReadStream(a, "tally-x", Given.Soon));
    }

    [Fact]
    public async Task Streams_that_are_appended_to_out_of_order_are_a_mistake()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => Run(session =>
        {
            session.Events.Append("tally-y", 1, new Counted(1));
            session.Events.Append("tally-x", 1, new Counted(1));
            return Task.FromResult(0);
        }));
    }

    private Task<T> Run<T>(Func<IDocumentSession, Task<T>> work) => node.Get<Commits>().Run(a, new CurrentActor(), work, Given.Soon);
}
