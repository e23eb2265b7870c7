using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using PeerRegistry.Application.Apps;

namespace PeerRegistry.Infrastructure.Apps;

/// <summary>
/// Asks the container engine over its Unix socket (Docker Engine API, <c>GET /containers/json</c>) which running container has
/// which address. An answer counts for two seconds; where the engine is silent, for none.
/// </summary>
internal sealed class DockerAddresses : IAppAddresses, IDisposable
{
    private static readonly TimeSpan Good = TimeSpan.FromSeconds(2);
    private readonly HttpClient engine;
    private readonly SemaphoreSlim asking = new(1);
    private readonly TimeProvider clock;
    private readonly ILogger<DockerAddresses> log;
    private volatile Known known = new(DateTimeOffset.MinValue, []);

    public DockerAddresses(string socket, TimeProvider clock, ILogger<DockerAddresses> log)
    {
        (this.clock, this.log) = (clock, log);
        engine = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, ct) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), ct);
                    return new NetworkStream(connection, ownsSocket: true);
                }
                catch
                {
                    connection.Dispose();
                    throw;
                }
            },
        })
        { BaseAddress = new Uri("http://docker"), Timeout = TimeSpan.FromSeconds(2), MaxResponseContentBufferSize = 16 << 20 };
    }

    public async ValueTask<string?> Find(IPAddress address, CancellationToken ct)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return (await Now(ct)).Containers.GetValueOrDefault(plain);
    }

    public void Dispose()
    {
        engine.Dispose();
        asking.Dispose();
    }

    private async ValueTask<Known> Now(CancellationToken ct)
    {
        if (IsGood(known))
            return known;

        await asking.WaitAsync(ct);
        try
        {
            if (!IsGood(known))
                known = new Known(clock.GetUtcNow(), await Ask(ct));
            return known;
        }
        finally
        {
            asking.Release();
        }
    }

    private bool IsGood(Known answer) => clock.GetUtcNow() - answer.AskedAt is { Ticks: >= 0 } age && age < Good;

    private async Task<Dictionary<IPAddress, string?>> Ask(CancellationToken ct)
    {
        try
        {
            using var answer = JsonDocument.Parse(await engine.GetByteArrayAsync(new Uri("/containers/json", UriKind.Relative), ct));
            var found = new Dictionary<IPAddress, string?>();
            foreach (var (address, container) in answer.RootElement.EnumerateArray().SelectMany(Addresses))
                found[address] = found.TryGetValue(address, out var other) && other != container ? null : container; // two say so: believe neither
            return found;
        }
        catch (Exception e) when (!ct.IsCancellationRequested
            && e is HttpRequestException or JsonException or KeyNotFoundException or InvalidOperationException or OperationCanceledException)
        {
            log.LogWarning("The container engine does not say which app has which address: {Error}", e.Message);
            return [];
        }
    }

    private static IEnumerable<(IPAddress Address, string Container)> Addresses(JsonElement container)
    {
        var name = container.GetProperty("Names").EnumerateArray().Select(n => n.GetString()!.TrimStart('/'))
            .FirstOrDefault(n => !n.Contains('/', StringComparison.Ordinal)); // with a slash: another's name for it
        if (name is null)
            yield break;

        foreach (var network in container.GetProperty("NetworkSettings").GetProperty("Networks").EnumerateObject())
        {
            foreach (var member in new[] { "IPAddress", "GlobalIPv6Address" })
            {
                if (network.Value.TryGetProperty(member, out var text) && IPAddress.TryParse(text.GetString(), out var address))
                    yield return (address, name);
            }
        }
    }

    private sealed record Known(DateTimeOffset AskedAt, Dictionary<IPAddress, string?> Containers);
}

/// <summary>Where no container engine is named, nobody is known by an address.</summary>
internal sealed class NoAddresses : IAppAddresses
{
    public ValueTask<string?> Find(IPAddress address, CancellationToken ct) => default;
}
