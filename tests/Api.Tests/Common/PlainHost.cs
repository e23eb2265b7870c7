using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using PeerRegistry.Api.Http;

namespace PeerRegistry.Api.Tests.Common;

/// <summary>A web server of the test's own on a free port, without TLS: what stands behind a proxy.</summary>
internal static class PlainHost
{
    /// <param name="bytes">Header values are Latin-1 text, one character for each byte; else UTF-8.</param>
    public static async Task<WebApplication> Start(RequestDelegate handle, bool bytes = false, int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            (kestrel.Limits.MaxRequestLineSize, kestrel.Limits.MaxRequestHeadersTotalSize) = (256 * 1024, 256 * 1024);
            kestrel.ResponseHeaderEncodingSelector = _ => bytes ? Encoding.Latin1 : Encoding.UTF8;
            if (bytes)
                kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.Listen(IPAddress.Loopback, port);
        });
        var server = builder.Build();
        server.UseWebSockets();
        server.Run(handle);
        await server.StartAsync();
        return server;
    }
}
