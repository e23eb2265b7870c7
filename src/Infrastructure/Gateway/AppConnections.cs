using System.Collections.Concurrent;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;
using PeerRegistry.Infrastructure.Forwarding;

namespace PeerRegistry.Infrastructure.Gateway;

/// <summary>
/// The connections to the servers of apps: HTTP/1.1, kept open between requests. While a container starts, the first requests to it wait, since
/// nothing has been sent yet when no connection can be opened.
/// </summary>
internal sealed class AppConnections : IDisposable
{
    public const string Unavailable = "app_unavailable";
    private const string Failed = "app_failed";

    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, bool> down = new(); // those that did not start in time, until one accepts a connection again
    private readonly RegistryOptions.AppsOptions apps;
    private readonly NameLookup lookup;
    private readonly TimeProvider clock;
    private readonly TimeSpan startTimeout;

    public AppConnections(RegistryOptions options, NameLookup lookup, TimeProvider clock)
    {
        (apps, this.lookup, this.clock, startTimeout) = (options.Apps, lookup, clock, options.Gateway.StartTimeout);
        var handler = PlainHandler.Create(Connect);
        handler.ConnectTimeout = startTimeout + TimeSpan.FromSeconds(10);
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(2); // a container that is made again has another address
        handler.PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30);
        Invoker = new HttpMessageInvoker(new Checked(handler));
    }

    public HttpMessageInvoker Invoker { get; }

    public void Dispose() => Invoker.Dispose();

    private async Task<Stream> Connect(DnsEndPoint server, CancellationToken ct)
    {
        var name = server.Host.Contains(':', StringComparison.Ordinal) ? $"[{server.Host.Trim('[', ']')}]:{server.Port}" : $"{server.Host}:{server.Port}";
        var begun = clock.GetTimestamp();
        while (true)
        {
            try
            {
                var stream = await Open(server, name, ct);
                down.TryRemove(name, out _);
                return stream;
            }
            catch (SocketException) when (!down.ContainsKey(name) && clock.GetElapsedTime(begun) < startTimeout)
            {
                await Task.Delay(BetweenTries, clock, ct);
            }
            catch (SocketException)
            {
                down[name] = true; // who asks next is told so at once
                throw;
            }
        }
    }

    private async Task<Stream> Open(DnsEndPoint server, string name, CancellationToken ct)
    {
        var addresses = IPAddress.TryParse(server.Host, out var literal) ? [literal] : await lookup(server.Host, ct);
        if (!apps.Upstreams.Values.Contains(name, StringComparer.OrdinalIgnoreCase) && Array.Exists(addresses, IsOfThisMachine))
            throw new RefusedException(RefusalKind.Unavailable, Unavailable, "This app's container has an address of the core's own machine, so it is not served.");

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, server.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>What listens there is no container of an app, but may be the core itself, or whatever trusts this machine.</summary>
    private static bool IsOfThisMachine(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return IPAddress.IsLoopback(plain) || plain.Equals(IPAddress.Any) || plain.Equals(IPAddress.IPv6Any) || plain.IsIPv6LinkLocal
            || plain.GetAddressBytes() is [169, 254, ..]
            || NetworkInterface.GetAllNetworkInterfaces().Any(each => each.GetIPProperties().UnicastAddresses.Any(own => own.Address.Equals(plain)));
    }

    /// <summary>Refuses what is not a valid answer, and says why a request failed.</summary>
    private sealed class Checked(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            HttpResponseMessage response;
            try
            {
                response = await base.SendAsync(request, cancellationToken);
            }
            catch (HttpRequestException e) when (request.Content is null || e.HttpRequestError != HttpRequestError.Unknown) // else the body failed
            {
                throw Why(e);
            }

            if (AnswerRules.Fault(response, request.Headers.Upgrade.Count > 0) is not { } fault)
                return response;
            response.Dispose();
            throw Invalid(fault);
        }

        private static RefusedException Why(HttpRequestException e) => e switch
        {
            _ when e.GetBaseException() is RefusedException refused => refused,
            { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError } =>
                new(RefusalKind.Unavailable, Unavailable, "This app is not running, or it is starting.") { RetryAfter = RetryAfter },
            { HttpRequestError: HttpRequestError.ResponseEnded } => Invalid("it ended before its head was whole"),
            _ => Invalid("it is not well-formed"),
        };

        private static RefusedException Invalid(string why) => new(RefusalKind.Unreachable, Failed, $"The app's answer is not valid HTTP: {why}.");
    }
}
