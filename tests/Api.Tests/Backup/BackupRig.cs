using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using PeerRegistry.Api.Hosting;
using PeerRegistry.Application.Backup;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Backup;
using PeerRegistry.Infrastructure.HttpSignatures;

namespace PeerRegistry.Api.Tests.Backup;

/// <summary>A data directory and a database, and the commands of backups as the command line runs them. Deriving keys is cheap here.</summary>
internal sealed class BackupRig(string database) : IDisposable
{
    public const string Phrase = "four quiet words here";

    private readonly string directory = System.IO.Directory.CreateTempSubdirectory("peerregistry-rig-").FullName;

    /// <summary>The data directory, which is not there at first.</summary>
    public string Data => Path.Combine(directory, "data");

    public string File => Path.Combine(directory, "a.backup");

    public void Dispose() => System.IO.Directory.Delete(directory, recursive: true);

    public async Task<PortalId> CreatePortal()
    {
        await using var app = Build();
        await RegistryHost.StartStore(app);
        return await Send(app, new CreatePortal(KeyKind.Ed25519, "zone.test", "Ada"));
    }

    /// <summary>What a start does to the database.</summary>
    public async Task Start()
    {
        await using var app = Build();
        await RegistryHost.StartStore(app);
    }

    public async Task<IReadOnlyList<string>> Differences()
    {
        await using var app = Build();
        return await RegistryHost.CompareSchema(app);
    }

    public async Task<BackupContents> Run(
        Func<string, string, IProgress<BackupProgress>, IRequest<BackupContents>> request, string? file = null, string phrase = Phrase,
        Action<BackupProgress>? report = null)
    {
        await using var app = Build();
        return await Send(app, request(file ?? File, phrase, new Told(report)));
    }

    public Task<BackupContents> Make(string? file = null) => Run((f, phrase, progress) => new MakeBackup(f, phrase, progress), file);

    public Task<BackupContents> Restore(string file, string phrase = Phrase, Action<BackupProgress>? report = null) =>
        Run((f, given, progress) => new RestoreBackup(f, given, progress), file, phrase, report);

    /// <summary>What the replay guard says to a signature, right after a start.</summary>
    /// <param name="created">When it was made, from now.</param>
    public async Task<string?> Remember(TimeSpan created, bool cluster)
    {
        await using var app = Build($"--Cluster:Enabled={cluster}");
        await RegistryHost.StartStore(app);
        var at = (TimeProvider.System.GetUtcNow() + created).ToUnixTimeSeconds();
        return await app.Services.GetRequiredService<IReplayGuard>().Remember(new ReplayKey(1, PortalId.Of("a"), at, at + 60), at, default);
    }

    public async Task<string> Refusal(Func<Task> act) => (await Assert.ThrowsAsync<RefusedException>(act)).Code;

    public async Task Execute(string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<bool> HasSchema()
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand("select to_regnamespace('registry') is not null");
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    private static async Task<T> Send<T>(WebApplication app, IRequest<T> request)
    {
        await using var scope = app.Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(request);
    }

    private WebApplication Build(params string[] further) => RegistryHost.Build(
        [$"--ConnectionStrings:Registry={database}", $"--Data:Directory={Data}", "--Logging:LogLevel:Default=Warning", .. further],
        services => services.AddSingleton<IBackups>(provider => new Backups(provider, provider.GetRequiredService<RegistryOptions>(), TimeProvider.System)
        {
            Cost = new DerivationCost(8, 1),
        }));

    private sealed class Told(Action<BackupProgress>? report) : IProgress<BackupProgress>
    {
        public void Report(BackupProgress value) => report?.Invoke(value);
    }
}
