using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using PeerRegistry.Api.ForwardAuth;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Portals;

namespace PeerRegistry.Api.Portals;

/// <summary>Recognises the requests of a check when they come back to this process, by a number that nobody can guess.</summary>
#pragma warning disable CA1001 // whoever opens a probe disposes of it
internal sealed class ReachArrivals(CallerAddress addresses, RegistryOptions options) : IReachArrivals
#pragma warning restore CA1001
{
    private volatile Probe? open;

    public IReachProbe Open() => open = new Probe(this);

    /// <summary>Costs a request one comparison while no check is running.</summary>
    public void Notice(HttpContext context)
    {
        if (open is { Arrival: null } probe && Target(context) is { } target && target.Contains(probe.Nonce, StringComparison.Ordinal))
            probe.Arrival = Describe(context);
    }

    private static string? Target(HttpContext context) => IsQuestion(context)
        ? context.Request.Headers["X-Forwarded-Uri"]
        : context.Features.Get<IHttpRequestFeature>()?.RawTarget;

    private static bool IsQuestion(HttpContext context) =>
        context.Listener() == Listener.Internal && context.Request.Path.Value is ForwardAuthMiddleware.Path or ForwardAuthMiddleware.NginxPath;

    private ReachArrival Describe(HttpContext context)
    {
        var (asked, fields) = (IsQuestion(context), context.Request.Headers);
        return new ReachArrival(
            Host: (asked ? fields["X-Forwarded-Host"].ToString() : context.Request.Host.Value) ?? "",
            From: (context.Connection.RemoteIpAddress ?? IPAddress.None).ToString(),
            ByItself: context.Features.Get<ITlsHandshakeFeature>() is not null,
            HasCaller: fields["X-Forwarded-For"].Count > 0,
            IsTrusted: addresses.IsTrusted(context),
            TrustsNobody: options.Edge.TrustedProxies is ["none"],
            Asked: asked,
            NamesHost: fields[AppRequest.ServedHost].Count > 0);
    }

    private void Close(Probe probe) => Interlocked.CompareExchange(ref open, null, probe);

    private sealed class Probe(ReachArrivals arrivals) : IReachProbe
    {
        private volatile ReachArrival? arrival;

        public string Nonce { get; } = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));

        public ReachArrival? Arrival
        {
            get => arrival;
            set => arrival = value;
        }

        public void Dispose() => arrivals.Close(this);
    }
}

/// <summary>Stands before everything that answers, since a check's request may be answered by the gateway, a page or the core's API.</summary>
internal sealed class ReachArrivalsMiddleware(RequestDelegate next, ReachArrivals arrivals)
{
    public Task InvokeAsync(HttpContext context)
    {
        arrivals.Notice(context);
        return next(context);
    }
}
