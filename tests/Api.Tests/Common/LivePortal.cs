using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Devices;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Api.Hosting;

namespace PeerRegistry.Api.Tests.Common;

/// <summary>The whole registry on ephemeral ports, with a database of its own, reached through the front of its neighbourhood.</summary>
internal sealed class LivePortal : IAsyncDisposable
{
    private string data = Directory.CreateTempSubdirectory("peerregistry-live-").FullName;
    private readonly Neighbourhood zone;
    private readonly string name;
    private readonly string keyType;
    private string database;
    private readonly Action<IServiceCollection>? replace;
    private readonly string[] arguments;
    private WebApplication? app;

    private LivePortal(Neighbourhood zone, string name, string keyType, string database, Action<IServiceCollection>? replace, string[] arguments) =>
        (this.zone, this.name, this.keyType, this.database, this.replace, this.arguments) = (zone, name, keyType, database, replace, arguments);

    /// <summary>App name to what answers on its host, after the core has let a request pass.</summary>
    public ConcurrentDictionary<string, RequestDelegate> Apps { get; } = new();

    public IServiceProvider Services => app!.Services;

    public PortalSnapshot Snapshot => Services.GetRequiredService<IPortalSnapshots>().All.First();

    public PortalId Id { get; private set; }

    public string Domain => $"{Id.Short}.{DomainZone}";

    /// <summary>Its zone, which a start takes up; <see cref="Neighbourhood.Zone"/> or <see cref="Neighbourhood.OtherZone"/>.</summary>
    public string DomainZone { get; set; } = Neighbourhood.Zone;

    /// <summary>Whether its names in both zones lead to it.</summary>
    public bool HasBothNames { get; set; }

    public Uri Edge { get; private set; } = new("http://127.0.0.1");

    public Uri Internal { get; private set; } = new("http://127.0.0.1");

    /// <summary>The edge with TLS of its own, if it was started with one.</summary>
    public Uri Tls { get; private set; } = new("https://127.0.0.1");

    /// <summary>Whether requests for its apps go to its core, which forwards them itself, instead of being asked about.</summary>
    public bool UsesGateway { get; set; }

    /// <summary>Nobody reaches it while this is set; it still reaches others.</summary>
    public bool Down { get; set; }

    /// <summary>Which answers of its core get lost on the way, after all was done here.</summary>
    public Func<HttpContext, bool>? LosesAnswer { get; set; }

    /// <summary>Connection string.</summary>
    public string Database => database;

    /// <summary>Data directory.</summary>
    public string Data => data;

    public Neighbourhood Zone => zone;

    public static async Task<LivePortal> Start(Neighbourhood zone, string name, Action<IServiceCollection>? replace, string keyType, string[] arguments)
    {
        var portal = new LivePortal(zone, name, keyType, await zone.Postgres.CreateDatabase(), replace, arguments);
        await portal.Start();
        return portal;
    }

    /// <summary>Starts it, or starts it again on the same database and data directory.</summary>
    public async Task Start()
    {
        app = RegistryHost.Build(
            [
                $"--ConnectionStrings:Registry={database}",
                $"--Data:Directory={data}",
                "--Listen:Edge=http://127.0.0.1:0",
                "--Listen:Internal=http://127.0.0.1:0",
                $"--Portal:Zone={DomainZone}",
                $"--Portal:Name={name}",
                $"--Portal:KeyType={keyType}",
                $"--Peering:Resolve:0=*.{Neighbourhood.Zone}={zone.Front}",
                $"--Peering:TrustedCertificates={zone.RootFile}",
                "--Logging:LogLevel:Default=Warning",
                .. arguments,
            ],
            services =>
            {
                services.AddSingleton<TimeProvider>(zone.Clock);
                replace?.Invoke(services);
            });
        await app.StartAsync();
        zone.Clock.Advance(TimeSpan.FromSeconds(7)); // a guard against replays turns everything away at first
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        (Edge, Internal, Tls) = (new Uri(addresses[0]), new Uri(addresses[1]), new Uri(addresses[^1]));
        Id = Snapshot.Portal.Id;
        Down = false;
        zone.Register(this);
    }

    /// <summary>Says where apps listen, as <c>Apps:Upstreams</c> does. It must be said before the first request for one of them.</summary>
    /// <param name="upstreams"><c>host:port</c> by the name of the app. Every Portal of the registry has these.</param>
    public void Serve(IReadOnlyDictionary<string, string> upstreams)
    {
        var known = (IDictionary<string, string>)Services.GetRequiredService<RegistryOptions>().Apps.Upstreams;
        foreach (var (app, address) in upstreams)
        {
            foreach (var portal in Services.GetRequiredService<IPortalSnapshots>().All)
                known[portal.Portal.Id == Id ? app : $"{app}.{portal.Portal.Id.Short}"] = address;
        }
    }

    public async Task Stop()
    {
        Down = true;
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await app!.StopAsync(soon.Token);
        await app.DisposeAsync();
        app = null;
    }

    /// <summary>Stops it, keeps a copy of its database, and starts it again.</summary>
    /// <returns>For <see cref="Restore"/>.</returns>
    public async Task<string> Backup()
    {
        await Stop();
        var copy = await zone.Postgres.CopyDatabase(database);
        await Start();
        return copy;
    }

    /// <summary>Starts it again on a copy of its database as it was.</summary>
    public async Task Restore(string backup)
    {
        await Stop();
        database = backup;
        await Start();
    }

    /// <summary>Stops it, and starts it again on another database and data directory, as on another machine.</summary>
    public async Task MoveTo(string otherDatabase, string otherData)
    {
        await Stop();
        Directory.Delete(data, recursive: true);
        (database, data) = (otherDatabase, otherData);
        await Start();
    }

    /// <summary>Runs a use case as the owner's request would, without HTTP.</summary>
    public async Task<T> Send<T>(IRequest<T> request)
    {
        await using var scope = Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(request);
    }

    /// <summary>A client of a newly paired device of the owner, with this Portal as its base address.</summary>
    public async Task<HttpClient> Owner(string device = "Test")
    {
        var client = zone.Client();
        client.BaseAddress = new Uri($"https://{Domain}");
        var code = await Send(new CreatePairingCode(Id));
        using var answer = await client.PostAsJsonAsync($"/core/public/pair/terminal?code={code.Code}", new { name = device });
        answer.EnsureSuccessStatusCode();
        var paired = await answer.Content.ReadFromJsonAsync<JsonElement>();
        client.DefaultRequestHeaders.Authorization = new("Bearer", paired.GetProperty("token").GetString());
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        if (app is not null)
            await Stop();
        if (Directory.Exists(data))
            Directory.Delete(data, recursive: true);
    }
}
