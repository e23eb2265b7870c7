using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace PeerRegistry.Bench;

/// <summary>
/// How many calls with a body of 1 KB are accepted for later, by 64 connections, while those that were accepted are delivered. Beside it, how many rows of
/// 1 KB the same database takes from 64 connections that commit each by itself.
/// </summary>
internal sealed class LaterBench : IBenchmark
{
    private const int Connections = 64;
    private const double Least = 500; // a second
    private const int Measured = 5; // rounds

    private static readonly TimeSpan Round = TimeSpan.FromSeconds(4);
    private static readonly byte[] Body = new byte[1024];

    public string Name => "later";

    public async Task<bool> Run(IReadOnlyList<string> args)
    {
        await using var stage = await CallStage.Set(CallStage.FreePort());
        var database = stage.Services.GetRequiredService<NpgsqlDataSource>();
        await using (var create = database.CreateCommand("create table bench_rows (id uuid primary key, body bytea not null)"))
            await create.ExecuteNonQueryAsync();
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, MaxConnectionsPerServer = Connections });
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", stage.Token);
        var call = new Uri(stage.Internal, $"/internal/call_peer/{stage.Peer.Id}/a");

        await Rate(() => Accept(client, call));
        var rounds = new List<(double Rows, double Calls)>();
        for (var i = 0; i < Measured; i++)
            rounds.Add((await Rate(() => Insert(database)), await Rate(() => Accept(client, call))));

        var calls = Rounds.Median(rounds.Select(round => round.Calls));
        var slowest = rounds.Min(round => round.Calls);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"accept for later: {calls:N0}/s (at least {slowest:N0}) of {Least:N0} wanted, bare inserts {Rounds.Median(rounds.Select(round => round.Rows)):N0}/s, ratio {Rounds.Median(rounds.Select(round => round.Calls / round.Rows)):F2}: {(calls >= Least ? "pass" : "FAIL")}"));
        await using var count = database.CreateCommand("select count(*) filter (where state = 'Delivered'), count(*) from registry.deferred_calls");
        await using var reader = await count.ExecuteReaderAsync();
        await reader.ReadAsync();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"delivered meanwhile: {reader.GetInt64(0):N0} of {reader.GetInt64(1):N0}"));
        return calls >= Least;
    }

    private static async Task Insert(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand("insert into bench_rows values ($1, $2)");
        command.Parameters.AddWithValue(Id());
        command.Parameters.AddWithValue(Body);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task Accept(HttpClient client, Uri call)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, call) { Content = new ByteArrayContent(Body) };
        request.Headers.TryAddWithoutValidation("Prefer", "respond-async");
        request.Headers.TryAddWithoutValidation("Idempotency-Key", Id().ToString());
        using var answer = await client.SendAsync(request);
        if ((int)answer.StatusCode != 202)
            throw new InvalidOperationException($"The call was answered with {answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
    }

    private static Guid Id() => new(RandomNumberGenerator.GetBytes(16));

    /// <returns>How often it was done in a second, by all connections together.</returns>
    private static async Task<double> Rate(Func<Task> once)
    {
        var (began, done) = (Stopwatch.GetTimestamp(), 0);
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(async _ =>
        {
            while (Stopwatch.GetElapsedTime(began) < Round)
            {
                await once();
                Interlocked.Increment(ref done);
            }
        }));
        return done / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }
}
