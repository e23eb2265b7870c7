using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace PeerRegistry.LocalPortals;

/// <summary>Calls Portals as a browser on this machine does: every name ends in .localhost, so all lead here.</summary>
internal static class LoopbackClient
{
    /// <param name="portal">Whose port all names have.</param>
    /// <param name="root">The path of the certificate of the authority that alone is trusted.</param>
    public static HttpClient Create(Uri portal, string root) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        ConnectCallback = async (_, ct) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, portal.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        },
        SslOptions = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                CustomTrustStore = { X509CertificateLoader.LoadCertificateFromFile(root) },
            },
        },
    })
    { BaseAddress = portal };
}
