using System.Net;
using System.Text.RegularExpressions;
using FluentValidation;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Application.Common;

/// <summary>Every message begins with the setting as it is written in the environment.</summary>
public sealed partial class RegistryOptionsValidator : AbstractValidator<RegistryOptions>
{
    private const int LongestZone = 180; // with a short ID and an app's name of 63 before it, a host name has at most 253 characters

    public RegistryOptionsValidator()
    {
        Says(o => !string.IsNullOrWhiteSpace(o.Data.Directory), _ => "Data__Directory must name a directory.");
        Says(o => IsListener(o.Listen.Edge), o => $"Listen__Edge must be http://, an IP address and a port, not '{o.Listen.Edge}'.");
        Says(o => IsListener(o.Listen.Internal), o => $"Listen__Internal must be http://, an IP address and a port, not '{o.Listen.Internal}'.");
        Says(o => string.IsNullOrEmpty(o.Listen.Metrics) || IsListener(o.Listen.Metrics),
            o => $"Listen__Metrics must be http://, an IP address and a port, not '{o.Listen.Metrics}'.");
        Says(o => string.IsNullOrEmpty(o.Listen.Tls) || IsListener(o.Listen.Tls, Uri.UriSchemeHttps),
            o => $"Listen__Tls must be https://, an IP address and a port, not '{o.Listen.Tls}'.");
        Says(o => string.IsNullOrEmpty(o.Listen.Tls) || (File.Exists(o.Listen.Certificate) && File.Exists(o.Listen.CertificateKey)),
            _ => "Listen__Tls needs Listen__Certificate and Listen__CertificateKey, two PEM files.");
        Says(
            o => o.Listen.Edge != o.Listen.Internal || o.Listen.Edge.EndsWith(":0", StringComparison.Ordinal),
            _ => "Listen__Edge and Listen__Internal must differ.");
        Says(o => IsDomain(o.Portal.Zone), o => $"Portal__Zone must be a domain in lower case of at most {LongestZone} characters, not '{o.Portal.Zone}'.");
        Says(o => o.Portal.PublicPort is > 0 and < 65536, o => $"Portal__PublicPort must be a port, 1 to 65535, not {o.Portal.PublicPort}.");
        Says(o => o.Portal.LocalPort is null or (> 0 and < 65536), o => $"Portal__LocalPort must be a port, 1 to 65535, not {o.Portal.LocalPort}.");
        Says(o => o.Portal.KeyType is "ed25519" or "rsa-4096", o => $"Portal__KeyType must be ed25519 or rsa-4096, not '{o.Portal.KeyType}'.");
        Says(o => DisplayName.IsValid(o.Portal.Name), _ => $"Portal__Name cannot be this. {DisplayName.Rule}");
        Each(o => o.Peering.Resolve, IsFixedAddress, "Peering__Resolve", "host=ip:port");
        Says(o => string.IsNullOrEmpty(o.Peering.Proxy) || IsProxy(o.Peering.Proxy), _ => "Peering__Proxy must be http:// or socks5://, a host and a port.");
        Each(o => o.Peering.AllowedNetworks, IsNetwork, "Peering__AllowedNetworks", "an address or a network");
        Each(o => o.Edge.TrustedProxies is ["none"] ? [] : o.Edge.TrustedProxies, IsNetwork, "Edge__TrustedProxies", "an address or a network");
        Says(
            o => o.Calls is { MaxBodyBytes: > 0, LeastRate: >= 0, PerPeer: > 0, PerApp: > 0 },
            _ => "Calls__MaxBodyBytes, Calls__PerPeer and Calls__PerApp must be above 0, Calls__LeastRate at least 0.");
        Says(
            o => o.Calls is { DeferredBodyBytes: > 0 and <= 64 << 20, DeferredPerApp: > 0, DeferredPerPortal: > 0, DeferredBytesPerApp: > 0 },
            _ => "Calls__DeferredBodyBytes must be from 1 to 67108864; Calls__DeferredPerApp, Calls__DeferredPerPortal and Calls__DeferredBytesPerApp above 0.");
        Says(
            o => o.Gateway is { MaxBodyBytes: > 0, PerApp: > 0, PerCaller: > 0, Rate: > 0 } && o.Gateway.IdleTimeout > TimeSpan.Zero
                && o.Gateway.StartTimeout >= TimeSpan.Zero,
            _ => "Gateway__MaxBodyBytes, Gateway__PerApp, Gateway__PerCaller, Gateway__Rate and Gateway__IdleTimeout must be above 0, "
                + "Gateway__StartTimeout at least 0.");
        Says(
            o => o.Calls is { SpoolBytes: >= 0, SpoolBytesPerApp: >= 0, SpoolReserve: >= 0 },
            _ => "Calls__SpoolBytes, Calls__SpoolBytesPerApp and Calls__SpoolReserve must be at least 0.");
        Says(
            o => new[] { o.Calls.ConnectTimeout, o.Calls.HeaderTimeout, o.Calls.IdleTimeout, o.Calls.Deadline }.All(time => time > TimeSpan.Zero),
            _ => "Calls__ConnectTimeout, Calls__HeaderTimeout, Calls__IdleTimeout and Calls__Deadline must be above 0.");
        Says(
            o => o.Peering is { ContactsAtOnce: > 0, ContactsPerPortal: > 0, ContactsForOwners: > 0 },
            _ => "Peering__ContactsAtOnce, Peering__ContactsPerPortal and Peering__ContactsForOwners must be above 0.");
        Says(
            o => string.IsNullOrEmpty(o.Apps.TokenDirectory) || !o.Cluster.Enabled,
            _ => "Apps__TokenDirectory works with one node only, because a token that another node issues is known there alone. Unset Cluster__Enabled or it.");
        RuleFor(o => o).Custom((options, context) =>
        {
            foreach (var (app, upstream) in options.Apps.Upstreams)
            {
                if (!AppKey().IsMatch(app))
                    context.AddFailure($"Apps__Upstreams__{app} must be named like an app, or like an app and a Portal: name.shortid.");
                if (!IsHostAndPort(upstream))
                    context.AddFailure($"Apps__Upstreams__{app} must be host:port, not '{upstream}'.");
                else if (IsListener(options, upstream))
                    context.AddFailure($"Apps__Upstreams__{app} must not be a listener of the registry itself, as '{upstream}' is.");
            }
        });
        Says(o => IPEndPoint.TryParse(o.Proxy.Resolver, out _),
            o => $"Proxy__Resolver must be an IP address, with or without a port, not '{o.Proxy.Resolver}'.");
        Says(o => IsFileOrUnset(o.Peering.TrustedCertificates), o => $"Peering__TrustedCertificates names no file: '{o.Peering.TrustedCertificates}'.");
        Says(o => IsFileOrUnset(o.Vault.MasterKeyFile), o => $"Vault__MasterKeyFile names no file: '{o.Vault.MasterKeyFile}'.");
    }

    private void Says(Func<RegistryOptions, bool> holds, Func<RegistryOptions, string> otherwise) =>
        RuleFor(o => o).Must(holds).WithMessage(o => otherwise(o));

    private void Each(Func<RegistryOptions, IReadOnlyList<string>> entries, Func<string, bool> holds, string name, string form) =>
        RuleFor(o => o).Custom((options, context) =>
        {
            foreach (var (index, entry) in entries(options).Index().Where(e => !holds(e.Item)))
                context.AddFailure($"{name}__{index} must be {form}, not '{entry}'.");
        });

    private static bool IsListener(string url, string scheme = "http") =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme == scheme && uri.PathAndQuery == "/" && IPAddress.TryParse(uri.Host, out _);

    private static bool IsProxy(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri is { Scheme: "http" or "socks5", PathAndQuery: "/" or "", Port: > 0 };

    private static bool IsDomain(string zone) =>
        zone.Length <= LongestZone && Uri.CheckHostName(zone) == UriHostNameType.Dns && !zone.Any(c => char.IsAsciiLetterUpper(c) || c == '_')
            && !zone.EndsWith('.');

    private static bool IsNetwork(string entry) => Cidr.TryParse(entry, out _);

    private static bool IsFixedAddress(string entry) =>
        entry.Split('=') is [{ Length: > 0 }, var target] && IPEndPoint.TryParse(target, out var address) && address.Port > 0;

    private static bool IsHostAndPort(string target) =>
        target.LastIndexOf(':') is > 0 and var colon
        && ushort.TryParse(target.AsSpan(colon + 1), out var port) && port > 0
        && Uri.CheckHostName(target[..colon].Trim('[', ']')) != UriHostNameType.Unknown;

    /// <summary>Whether a loopback upstream is a listener of the core: it has the port of one, in whatever way its address is written.</summary>
    private static bool IsListener(RegistryOptions options, string upstream)
    {
        if (upstream == options.Proxy.Edge || upstream == options.Proxy.Internal)
            return true;

        var (host, port) = (upstream[..upstream.LastIndexOf(':')].Trim('[', ']'), upstream[(upstream.LastIndexOf(':') + 1)..]);
        var local = host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
        return new[] { options.Listen.Edge, options.Listen.Internal, options.Listen.Tls, options.Listen.Metrics }.Any(listener =>
            Uri.TryCreate(listener, UriKind.Absolute, out var uri) && $"{uri.Port}" == port && (local || uri.Host.Trim('[', ']') == host));
    }

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9]{6})?\z")]
    private static partial Regex AppKey();

    private static bool IsFileOrUnset(string? path) => string.IsNullOrEmpty(path) || File.Exists(path);
}
