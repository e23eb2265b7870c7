namespace PeerRegistry.Application.Common;

/// <summary>What is set from outside: environment, appsettings or command line, under the names written here with <c>__</c> for <c>:</c>.</summary>
public sealed class RegistryOptions
{
    public ConnectionOptions ConnectionStrings { get; init; } = new();

    public DataOptions Data { get; init; } = new();

    public ListenOptions Listen { get; init; } = new();

    public PortalOptions Portal { get; init; } = new();

    public PeeringOptions Peering { get; init; } = new();

    public AppsOptions Apps { get; init; } = new();

    public CallsOptions Calls { get; init; } = new();

    public GatewayOptions Gateway { get; init; } = new();

    public ProxyOptions Proxy { get; init; } = new();

    public EdgeOptions Edge { get; init; } = new();

    public VaultOptions Vault { get; init; } = new();

    public ClusterOptions Cluster { get; init; } = new();

    public BackupOptions Backup { get; init; } = new();

    public sealed class ConnectionOptions
    {
        /// <value>Npgsql connection string of a PostgreSQL from 13 on. Empty (default): the registry starts a server of its own.</value>
        public string? Registry { get; init; }
    }

    public sealed class DataOptions
    {
        /// <value>Where the embedded PostgreSQL, the master key and temporary files live. Default <c>./data</c>.</value>
        public string Directory { get; init; } = "./data";
    }

    public sealed class ListenOptions
    {
        /// <value>Faces the reverse proxy and the internet. Default <c>http://127.0.0.1:8080</c>; port 0: any free one.</value>
        public string Edge { get; init; } = "http://127.0.0.1:8080";

        /// <value>For the reverse proxy and the apps only. Default <c>http://127.0.0.1:8081</c>.</value>
        public string Internal { get; init; } = "http://127.0.0.1:8081";

        /// <value>Where <c>GET /metrics</c> answers in Prometheus' format, such as <c>http://127.0.0.1:9464</c>. Empty (default): nowhere.</value>
        public string? Metrics { get; init; }

        /// <value>The edge with TLS of its own, such as <c>https://0.0.0.0:443</c>, so that no proxy is needed. Empty (default): nowhere.</value>
        public string? Tls { get; init; }

        /// <value>PEM file with the certificate for every name, intermediate ones behind it; read again when it changes.</value>
        public string? Certificate { get; init; }

        /// <value>PEM file with its key.</value>
        public string? CertificateKey { get; init; }
    }

    public sealed class PortalOptions
    {
        public const string LocalZone = "portal.localhost";

        /// <value>
        /// A Portal's domain is its short ID before this. Another value moves the oldest Portal, and all with the same zone. Default
        /// <c>portal.localhost</c>, which moves nobody.
        /// </value>
        public string Zone { get; init; } = LocalZone;

        /// <value>The port in every link and redirect that a browser follows. Default 443.</value>
        public int PublicPort { get; init; } = 443;

        /// <value>
        /// The port of this machine on which its own browsers reach a Portal below <c>.localhost</c> over plain HTTP, such as that of
        /// <c>Listen:Edge</c>. Links for browsers then lead there; peers still use TLS. Default none.
        /// </value>
        public int? LocalPort { get; init; }

        /// <value><c>ed25519</c> (default) or <c>rsa-4096</c>; only read when a Portal is created.</value>
        public string KeyType { get; init; } = "ed25519";

        /// <value>Of a new Portal. Default <c>Portal</c>.</value>
        public string Name { get; init; } = "Portal";
    }

    public sealed class PeeringOptions
    {
        /// <value>Each <c>host=ip:port</c>; a leading <c>*.</c> covers all names below. For machines without DNS.</value>
        public IReadOnlyList<string> Resolve { get; init; } = [];

        /// <value>Path of a PEM file with certificates to trust beside the system's.</value>
        public string? TrustedCertificates { get; init; }

        /// <value>Whether a peer may have any address that is not public. Default false.</value>
        public bool AllowPrivateAddresses { get; init; }

        /// <value>
        /// The proxy through which peers are reached, such as <c>http://10.0.0.1:3128</c> or <c>socks5://127.0.0.1:9050</c>, with a user and password
        /// before the host where it wants some. Default none.
        /// </value>
        public string? Proxy { get; init; }

        /// <value>Networks or addresses, not public, at which peers may be: those of a local network or a VPN. Default none.</value>
        public IReadOnlyList<string> AllowedNetworks { get; init; } = [];

        /// <value>Peers that the registry contacts at the same time, for all its Portals together. Default 64.</value>
        public int ContactsAtOnce { get; init; } = 64;

        /// <value>Of these, peers contacted at the same time for one Portal. Default 8.</value>
        public int ContactsPerPortal { get; init; } = 8;

        /// <value>
        /// Further peers contacted at the same time, reserved for what owners have just asked for; at most two for one Portal. Default 16.
        /// </value>
        public int ContactsForOwners { get; init; } = 16;
    }

    /// <summary>How apps come to be known, beside what the owner registers.</summary>
    public sealed class AppsOptions
    {
        /// <value>Folder whose <c>*/app_meta.json</c> are registered with the default Portal, and followed while running.</value>
        public string? Directory { get; init; }

        /// <value>
        /// Folder into which the core writes the token of each app, mode 0600: <c>{name}</c>, or <c>{name}.{short id}</c> for an app of a Portal that
        /// is not the default one. Default: no token is written anywhere.
        /// </value>
        public string? TokenDirectory { get; init; }

        /// <value>Path of the Docker socket, to know apps by their container's address. Default: not asked.</value>
        public string? DockerSocket { get; init; }

        /// <value>
        /// <c>host:port</c> where an app listens, by the app's name; for an app of a Portal that is not the default one, by
        /// <c>{name}.{short id}</c>. Goes before the app's description and may be a loopback address. Default: as the description says.
        /// </value>
        public IReadOnlyDictionary<string, string> Upstreams { get; init; } = new Dictionary<string, string>();
    }

    /// <summary>What <c>/internal/call_peer</c> allows.</summary>
    public sealed class CallsOptions
    {
        /// <value>Largest body of a call, in bytes; above it 413 <c>body_too_large</c>. Default 1 GiB.</value>
        public long MaxBodyBytes { get; init; } = 1L << 30;

        /// <value>
        /// Bytes on disk that the bodies of one app's calls may take at the same time; above it 507 <c>storage_full</c>. Bodies up to 1 MiB
        /// stay in memory. Default 2 GiB.
        /// </value>
        public long SpoolBytesPerApp { get; init; } = 2L << 30;

        /// <value>The same for all apps of all Portals together. Default 8 GiB.</value>
        public long SpoolBytes { get; init; } = 8L << 30;

        /// <value>Bytes that stay free on the disk of the data directory, whatever the budgets allow; else 507 <c>storage_full</c>. Default 1 GiB.</value>
        public long SpoolReserve { get; init; } = 1L << 30;

        /// <value>Bytes; a larger body waits for the peer's <c>100 Continue</c>, so that it can be refused unsent. Default 64 KiB.</value>
        public long ExpectContinueAbove { get; init; } = 64 << 10;

        /// <value>For DNS, TCP and TLS together. Default 10 s.</value>
        public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

        /// <value>From the last byte of the request to the head of the answer. Default 60 s.</value>
        public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(60);

        /// <value>Without a byte in either direction. Default 2 min.</value>
        public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(2);

        /// <value>The longest that any call lasts, upgraded ones too. Default 1 h.</value>
        public TimeSpan Deadline { get; init; } = TimeSpan.FromHours(1);

        /// <value>Bytes per second, over half a minute, below which a body of known length is given up. Default 1024.</value>
        public int LeastRate { get; init; } = 1024;

        /// <value>Calls to one peer at the same time; above it 429. Default 100.</value>
        public int PerPeer { get; init; } = 100;

        /// <value>Calls by one app at the same time; above it 429. Default 1000.</value>
        public int PerApp { get; init; } = 1000;

        /// <value>Largest body of a call that is delivered later, and of an answer to it that is kept, in bytes. Default 1 MiB.</value>
        public int DeferredBodyBytes { get; init; } = 1 << 20;

        /// <value>Calls of one app that wait or whose result is kept; above it 429 <c>too_many_calls</c>. Default 10,000.</value>
        public int DeferredPerApp { get; init; } = 10_000;

        /// <value>The same for all apps of one Portal together. Default 50,000.</value>
        public int DeferredPerPortal { get; init; } = 50_000;

        /// <value>Bytes of the bodies and answers that are kept for one app; above it 429 <c>too_many_calls</c>. Default 256 MiB.</value>
        public long DeferredBytesPerApp { get; init; } = 256L << 20;
    }

    /// <summary>What the gateway allows, which forwards requests to apps.</summary>
    public sealed class GatewayOptions
    {
        /// <value>Largest body of a request, in bytes; above it 413 <c>body_too_large</c>. Default 10 GiB.</value>
        public long MaxBodyBytes { get; init; } = 10L << 30;

        /// <value>Requests to one app at the same time, open WebSockets and streams among them; above it 429. Default 4096.</value>
        public int PerApp { get; init; } = 4096;

        /// <value>Of these, requests of one caller: a device, a peer, or for anonymous ones a network (/24 or /48). Default 512.</value>
        public int PerCaller { get; init; } = 512;

        /// <value>Requests of one caller to one app each second, on average; five times as many at once. Above it 429. Default 200.</value>
        public int Rate { get; init; } = 200;

        /// <value>Without a byte in either direction. Default 1 h.</value>
        public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromHours(1);

        /// <value>How long the first requests wait for a container that starts; then 503 <c>app_unavailable</c>. Default 10 s.</value>
        public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(10);
    }

    /// <summary>What <c>proxy-config</c> writes of the world around the registry; the registry itself needs none of it.</summary>
    public sealed class ProxyOptions
    {
        /// <value><c>host:port</c> of the edge listener as the proxy reaches it. Default that of <c>Listen:Edge</c>.</value>
        public string? Edge { get; init; }

        /// <value><c>host:port</c> of the internal listener as the proxy reaches it. Default that of <c>Listen:Internal</c>.</value>
        public string? Internal { get; init; }

        /// <value>Address of the DNS server that nginx asks for the names of apps' containers. Default <c>127.0.0.11</c>, Docker's own.</value>
        public string Resolver { get; init; } = "127.0.0.11";

        /// <value>Caddy signs certificates with an authority of its own. Default false: it asks for public ones.</value>
        public bool InternalAuthority { get; init; }

        /// <value>PEM file with the certificate for every name, which nginx cannot do without. Default none.</value>
        public string? Certificate { get; init; }

        /// <value>PEM file with its key.</value>
        public string? CertificateKey { get; init; }
    }

    public sealed class EdgeOptions
    {
        /// <value>
        /// Addresses or networks of reverse proxies. The last <c>X-Forwarded-For</c> element of their requests is believed, for limits and logs
        /// only. The single entry <c>none</c>: nobody is believed. Default loopback.
        /// </value>
        public IReadOnlyList<string> TrustedProxies { get; init; } = [];
    }

    public sealed class VaultOptions
    {
        /// <value>32 bytes that seal the private keys, mode 0600. Default: <c>master.key</c> in the data directory, made at the first start.</value>
        public string? MasterKeyFile { get; init; }
    }

    public sealed class ClusterOptions
    {
        /// <value>More than one registry works on the same database. Default false.</value>
        public bool Enabled { get; init; }
    }

    /// <summary>Read by <c>backup</c> and <c>restore</c> only, which otherwise ask for the passphrase on the terminal.</summary>
    public sealed class BackupOptions
    {
        /// <value>The passphrase of backup files. It belongs into the environment; the command line would show it to everybody on the machine.</value>
        public string? Passphrase { get; init; }

        /// <value>A file with the passphrase; a line feed at its end does not count.</value>
        public string? PassphraseFile { get; init; }
    }
}
