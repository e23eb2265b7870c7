using Marten;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Store;
using PeerRegistry.Infrastructure.HttpSignatures;
using PeerRegistry.Infrastructure.Keys;
using PeerRegistry.Tests;

namespace PeerRegistry.Protocol.Vectors;

public class ReplayGuardTests
{
    private const long Now = Given.Now;

    /// <summary>Of a signer of its own, where none is named.</summary>
    internal static ReplayKey New(int i, long created = Now, string? signer = null) =>
        new((UInt128)(uint)i, PortalId.Of(signer ?? $"signer {i}"), created, created + 60);

    [Fact]
    public void A_signature_is_accepted_once()
    {
        var guard = new ReplayGuard(started: null);

        Assert.Null(guard.Take(New(1), Now));
        Assert.Equal("replayed", guard.Take(New(1), Now));
        Assert.Equal("replayed", guard.Take(New(1), Now + 60));
        Assert.Null(guard.Take(New(2), Now));
    }

    [Fact]
    public void A_nonce_may_be_used_again_once_its_signature_has_expired()
    {
        var guard = new ReplayGuard(started: null);
        guard.Take(New(1), Now);

        Assert.Null(guard.Take(New(1, created: Now + 61), Now + 61));
        Assert.Equal("replayed", guard.Take(New(1, created: Now + 61), Now + 61));
    }

    [Fact]
    public void Of_64_concurrent_threads_one_succeeds()
    {
        const int Rounds = 2000;
        var guard = new ReplayGuard(started: null);
        var taken = new int[Rounds];
        using var start = new Barrier(64);
        var threads = Enumerable.Range(0, 64).Select(_ => new Thread(() =>
        {
            start.SignalAndWait();
            for (var i = 0; i < Rounds; i++)
            {
                if (guard.Take(New(i), Now) is null)
                    Interlocked.Increment(ref taken[i]);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        Assert.All(taken, count => Assert.Equal(1, count));
    }

    [Fact]
    public void A_full_guard_refuses_new_signatures_and_still_detects_replays()
    {
        const int Capacity = 640;
        var guard = new ReplayGuard(started: null, Capacity);
        var taken = Enumerable.Range(0, 4 * Capacity).Where(i => guard.Take(New(i), Now) is null).ToList();

        Assert.InRange(taken.Count, Capacity / 2, Capacity);
        Assert.Equal("guard_full", guard.Take(New(taken[^1] + (64 * Capacity)), Now + 60));
        Assert.All(taken, i => Assert.Equal("replayed", guard.Take(New(i), Now + 60)));
    }

    [Theory]
    [InlineData(1)] // spread over all shards
    [InlineData(64)] // the signer chooses nonces that all fall into one shard
    public void One_signer_cannot_fill_the_guard_for_the_others(int step)
    {
        const int Capacity = 6400;
        var guard = new ReplayGuard(started: null, Capacity);
        var taken = Enumerable.Range(0, 4 * Capacity).Count(i => guard.Take(New(i * step, signer: "greedy"), Now) is null);

        Assert.Equal(step == 1 ? Capacity / 2 : Capacity / 64 / 2, taken);
        Assert.Equal("guard_quota", guard.Take(New(8 * Capacity * step, signer: "greedy"), Now));
        Assert.Null(guard.Take(New((8 * Capacity * step) + 64, signer: "honest"), Now));
    }

    [Fact]
    public void Many_greedy_signers_leave_room_for_another()
    {
        const int Capacity = 6400;
        var guard = new ReplayGuard(started: null, Capacity);
        for (var i = 0; i < 10 * Capacity; i++)
            guard.Take(New(i, signer: $"greedy {i / 64 % 9}"), Now);

        Assert.All(Enumerable.Range(0, 64), shard => Assert.Null(guard.Take(New((100 * Capacity) + shard, signer: "honest"), Now)));
    }

    [Fact]
    public void A_signer_regains_its_share_when_its_signatures_expire()
    {
        var guard = new ReplayGuard(started: null, capacity: 640);
        for (var round = 0; round < 3; round++)
        {
            var now = Now + (61 * round);
            Assert.Equal(320, Enumerable.Range(0, 640).Count(i => guard.Take(New(i + (640 * round), now, "greedy"), now) is null));
        }
    }

    [Fact]
    public void Expired_entries_make_room()
    {
        const int Capacity = 640;
        var guard = new ReplayGuard(started: null, Capacity);
        for (var i = 0; i < Capacity; i++)
            Assert.Null(guard.Take(New(i), Now));

        var later = Now + 61;
        for (var i = 0; i < Capacity; i++)
            Assert.Null(guard.Take(New(Capacity + i, later), later));
    }

    [Fact]
    public void After_a_start_no_signature_is_accepted_that_an_earlier_process_may_have_accepted()
    {
        var started = DateTimeOffset.FromUnixTimeSeconds(Now).AddMilliseconds(300);
        var guard = new ReplayGuard(started);

        Assert.Equal("guard_cold", guard.Take(New(1, Now - 50), Now + 1));
        Assert.Equal("guard_cold", guard.Take(New(1, Now + 5), Now + 1)); // five ahead was acceptable just before the start
        Assert.Equal("guard_cold", guard.Take(New(1, Now - 1), Now + 30)); // and it lives longer than the cold lasts
        Assert.Null(guard.Take(New(1, Now + 6), Now + 6));
    }

    [Fact]
    public void A_clock_that_is_set_back_does_not_make_a_forgotten_signature_valid()
    {
        const int Capacity = 64;
        var guard = new ReplayGuard(started: null, Capacity);
        Assert.Null(guard.Take(New(1), Now));
        var later = Now + 100;
        Assert.Null(guard.Take(New(1 + 64, later), later)); // same shard: sweeps the first

        Assert.Equal("guard_cold", guard.Take(New(1), Now + 10));
    }

    [Fact]
    public async Task A_verdict_turns_when_the_request_comes_again()
    {
        var guard = new ReplayGuard(started: null);
        var service = new SignatureService(null!, guard, new FixedClock(Given.Now));
        var request = Given.Request(Given.Ed25519);
        Signer Find(string keyId) => Given.SignerOf(Given.Ed25519);

        Assert.NotNull((await service.Verify(request, VerificationPlace.App, Find, null, TestContext.Current.CancellationToken)).Signer);
        var again = await service.Verify(request, VerificationPlace.App, Find, null, TestContext.Current.CancellationToken);
        Assert.Equal("replayed", again.Reason);
        Assert.Null(again.Signer);
        Assert.Null(again.ContentDigest);
    }
}

/// <summary>The guard of a cluster on a real database, which two nodes share.</summary>
public class SharedReplayGuardTests(TestPostgres postgres) : IClassFixture<TestPostgres>
{
    private const long Now = Given.Now;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_64_concurrent_callers_on_two_nodes_one_succeeds()
    {
        await using var database = await Database();
        IReplayGuard[] nodes = [new PostgresReplayGuard(database), new PostgresReplayGuard(database)];
        for (var i = 0; i < 20; i++)
        {
            var replayKey = New(i);
            var answers =
                await Task.WhenAll(Enumerable.Range(0, 64).Select(caller => Task.Run(() => nodes[caller % 2].Remember(replayKey, Now, Ct).AsTask(), Ct)));

            Assert.Equal(1, answers.Count(answer => answer is null));
            Assert.Equal(63, answers.Count(answer => answer == "replayed"));
        }
    }

    [Fact]
    public async Task A_restarted_node_detects_replays()
    {
        await using var database = await Database();
        Assert.Null(await new PostgresReplayGuard(database).Remember(New(1), Now, Ct));

        Assert.Equal("replayed", await new PostgresReplayGuard(database).Remember(New(1), Now, Ct));
    }

    [Fact]
    public async Task A_full_table_refuses_and_expired_rows_make_room()
    {
        await using var database = await Database();
        var guard = new PostgresReplayGuard(database, capacity: 3);
        for (var i = 0; i < 3; i++)
            Assert.Null(await guard.Remember(New(i), Now, Ct));

        Assert.Equal("guard_full", await guard.Remember(New(3, Now + 10), Now + 10, Ct));
        Assert.Equal("guard_full", await guard.Remember(New(0), Now + 11, Ct));
        Assert.Null(await guard.Remember(New(3, Now + 121), Now + 121, Ct));
    }

    [Fact]
    public async Task One_signer_cannot_fill_the_guard_of_a_cluster_for_the_others()
    {
        await using var database = await Database();
        IReplayGuard[] nodes = [new PostgresReplayGuard(database, capacity: 40), new PostgresReplayGuard(database, capacity: 40)];
        for (var i = 0; i < 20; i++)
            Assert.Null(await nodes[0].Remember(New(i, signer: "greedy"), Now, Ct));

        Assert.Equal("guard_quota", await nodes[0].Remember(New(20, signer: "greedy"), Now, Ct));
        Assert.Equal("guard_quota", await nodes[1].Remember(New(20, signer: "greedy"), Now, Ct)); // it counts when it first sweeps
        Assert.All(await Task.WhenAll(nodes.Select((node, i) => node.Remember(New(30 + i, signer: "honest"), Now, Ct).AsTask())), Assert.Null);
        Assert.Null(await nodes[1].Remember(New(40, Now + 130, "greedy"), Now + 130, Ct));
    }

    [Fact]
    public async Task A_row_is_kept_until_the_slowest_clock_has_passed_its_expiry()
    {
        await using var database = await Database();
        Assert.Null(await new PostgresReplayGuard(database).Remember(New(1), Now, Ct));
        Assert.Null(await new PostgresReplayGuard(database).Remember(New(2, Now + 90), Now + 90, Ct)); // a node ahead sweeps

        Assert.Equal("replayed", await new PostgresReplayGuard(database).Remember(New(1), Now + 60, Ct));
    }

    [Theory]
    [InlineData(true, typeof(PostgresReplayGuard))]
    [InlineData(false, typeof(ReplayGuard))]
    public async Task The_setting_decides_which_guard_there_is(bool cluster, Type expected)
    {
        await using var database = await Database();
        var data = Directory.CreateTempSubdirectory("guard-").FullName;
        await using var services = new ServiceCollection()
            .AddSingleton(new RegistryOptions { Data = new() { Directory = data }, Cluster = new() { Enabled = cluster } })
            .AddSingleton(TimeProvider.System)
            .AddSingleton(database)
            .AddKeys()
            .AddHttpSignatures()
            .BuildServiceProvider();

        Assert.IsType(expected, services.GetRequiredService<IReplayGuard>());
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task After_a_restore_no_signature_is_accepted_that_the_lost_registry_may_have_accepted()
    {
        await using var database = await Database();
        await using var restored = database.CreateCommand($"insert into registry.backups (made_at, restored_at) values (now(), to_timestamp({Now} - 0.5))");
        await restored.ExecuteNonQueryAsync(Ct);
        var guard = new PostgresReplayGuard(database);
        Assert.Equal(SignatureReasons.GuardCold, await guard.Remember(New(1, Now + 4), Now, Ct));
        Assert.Null(await guard.Remember(New(2, Now + 5), Now, Ct));
    }

    private static ReplayKey New(int i, long created = Now, string? signer = null) => ReplayGuardTests.New(i, created, signer);

    private async Task<NpgsqlDataSource> Database()
    {
        var database = NpgsqlDataSource.Create(await postgres.CreateDatabase());
        using var marten = new DocumentStore(RegistryStore.Options(database, new EventSerializer(), TimeProvider.System));
        await new Migrator(database, new SchemaStep(marten, NullLogger<SchemaStep>.Instance), NullLogger<Migrator>.Instance).Migrate(Ct);
        return database;
    }
}
