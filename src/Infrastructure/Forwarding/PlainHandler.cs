using System.Net;
using System.Text;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>
/// Connections that pass messages on as they are: redirects, cookies and decompression are off. Header values are bytes (RFC 9110 section 5.5), one
/// Latin-1 character each, as Kestrel is told to read and write them.
/// </summary>
internal static class PlainHandler
{
    public const int MaxHeadKib = 64;

    /// <param name="connect">Opens the TCP connection to a host and port.</param>
    public static SocketsHttpHandler Create(Func<DnsEndPoint, CancellationToken, Task<Stream>> connect) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null, // our trace ids are nobody else's business
        MaxResponseHeadersLength = MaxHeadKib,
        MaxResponseDrainSize = 0, // a body nobody wants ends its connection
        RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1,
        ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1,
        ConnectCallback = async (context, ct) => await connect(context.DnsEndPoint, ct),
        PlaintextStreamFilter = (context, _) => new ValueTask<Stream>(new EarlyAnswerStream(context.PlaintextStream)),
    };
}
