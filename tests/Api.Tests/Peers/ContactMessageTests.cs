using Marten;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Messaging;
using PeerRegistry.Tests;
using Weasel.Core.Migrations;
using Wolverine.Persistence.Durability;

namespace PeerRegistry.Api.Tests.Peers;

public sealed class ContactMessageTests(TestPostgres postgres) : IAsyncLifetime
{
    private static readonly TimeSpan Later = TimeSpan.FromHours(1);

    private readonly Stranger busy = Stranger.Appear();
    private int requests;
    private Neighbourhood zone = null!;
    private LivePortal ada = null!;

    private PortalId Busy => busy.Key.Id;

    public async ValueTask InitializeAsync()
    {
        zone = await Neighbourhood.Start(postgres);
        zone.Strangers[Busy.Short.Value] = context =>
        {
            Interlocked.Increment(ref requests);
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Task.CompletedTask;
        };
        ada = await zone.Move("Ada");
    }

    public async ValueTask DisposeAsync()
    {
        await ada.DisposeAsync();
        await zone.DisposeAsync();
        busy.Dispose();
    }

    [Fact]
    public async Task A_message_is_stored_if_its_session_commits()
    {
        await using var session = await SessionWithMessage();
        await session.SaveChangesAsync();
        Assert.Equal(1, await StoredMessages());
    }

    [Fact]
    public async Task A_message_is_not_stored_if_its_session_fails()
    {
        await using var session = await SessionWithMessage();
        session.QueueSqlCommand("select 1 / 0");
        await Assert.ThrowsAnyAsync<Exception>(() => session.SaveChangesAsync());
        Assert.Equal(0, await StoredMessages());
    }

    [Fact]
    public async Task Messages_of_a_contact_that_is_not_due_do_nothing()
    {
        await AddBusyPeer();
        await using (var session = await SessionWithMessage(copies: 5, delay: default))
            await session.SaveChangesAsync();

        await Eventually.Holds(async () => await StoredMessages() == 1); // that of the next attempt
        Assert.Equal(1, requests);
    }

    [Fact]
    public async Task Messages_of_a_contact_that_is_due_contact_the_peer_once()
    {
        await AddBusyPeer();
        zone.Clock.Advance(TimeSpan.FromMinutes(1));
        await using (var session = await SessionWithMessage(copies: 5, delay: default))
            await session.SaveChangesAsync();

        await Eventually.Holds(async () => requests == 2 && await StoredMessages() == 2);
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        Assert.Equal(2, requests);
    }

    /// <summary>As it is after an update from a version without messages.</summary>
    [Fact]
    public async Task A_contact_without_a_message_is_contacted_after_a_start()
    {
        await AddBusyPeer();
        await Database.CreateCommand("delete from registry.wolverine_incoming_envelopes").ExecuteNonQueryAsync();
        zone.Clock.Advance(TimeSpan.FromMinutes(1));
        await ada.Stop();
        await ada.Start();
        await Eventually.Holds(() => requests == 2);
    }

    [Fact]
    public Task Wolverine_finds_nothing_to_change_in_the_schema() =>
        ((IDatabase)ada.Services.GetRequiredService<IMessageStore>()).AssertDatabaseMatchesConfigurationAsync(TestContext.Current.CancellationToken);

    private NpgsqlDataSource Database => ada.Services.GetRequiredService<NpgsqlDataSource>();

    private async Task AddBusyPeer()
    {
        await ada.Add(Busy);
        await Eventually.Holds(async () =>
            (await ada.Services.GetRequiredService<IPeerContacts>().Load(ada.Id, Busy.Short, default)).Contact.LastError is not null);
    }

    private Task<IDocumentSession> SessionWithMessage() => SessionWithMessage(copies: 1, Later);

    private async Task<IDocumentSession> SessionWithMessage(int copies, TimeSpan delay)
    {
        var session = ada.Services.GetRequiredService<IDocumentStore>().LightweightSession(ada.Id.Value);
        for (var i = 0; i < copies; i++)
            await ada.Services.GetRequiredService<Outbox>().Publish(session, new ContactPeer(ada.Id, Busy.Short), delay);
        return session;
    }

    private async Task<long> StoredMessages()
    {
        await using var count = Database.CreateCommand("select count(*) from registry.wolverine_incoming_envelopes where status <> 'Handled'");
        return (long)(await count.ExecuteScalarAsync())!;
    }
}
