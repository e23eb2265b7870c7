using System.Net.Sockets;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Portals;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>
/// Connects to the Portal's own names with the trust that peers are judged by. Unlike a peer's, an own name may have a private address: it is the operator's
/// choice, and at home a router often leads it to the machine itself.
/// </summary>
internal sealed class OwnNames : IOwnNames, IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly PeerDialer dialer;
    private readonly HttpMessageInvoker invoker;

    public OwnNames(RegistryOptions options, PeerDialer dialer)
    {
        this.dialer = dialer;
        var handler = PlainHandler.Create((own, ct) => dialer.ConnectOwn(own.Host, own.Port, ct));
        handler.PooledConnectionLifetime = TimeSpan.Zero; // each check connects anew
        handler.SslOptions = new PeerTrust(options.Peering.TrustedCertificates).Options();
        invoker = new HttpMessageInvoker(handler);
    }

    public bool IsFixed(string host) => dialer.IsFixed(host);

    public async Task<IReadOnlyList<FoundAddress>> Resolve(string host, CancellationToken ct)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(Deadline);
        try
        {
            return [.. (await dialer.FindOwn(host, deadline.Token)).Select(address => new FoundAddress(address, TargetGuard.IsPublic(address)))];
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            return [];
        }
    }

    public async Task<int> Ask(string host, int port, string target, CancellationToken ct)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(Deadline);
        using var request = PeerConnections.Request(HttpMethod.Get, $"https://{PeerRules.Address(host, port)}{target}");
        try
        {
            using var response = await invoker.SendAsync(request, deadline.Token);
            return (int)response.StatusCode;
        }
        catch (Exception e) when (PeerFailure.IsOne(e) && !ct.IsCancellationRequested)
        {
            throw PeerFailure.Of(e);
        }
    }

    public void Dispose() => invoker.Dispose();
}
