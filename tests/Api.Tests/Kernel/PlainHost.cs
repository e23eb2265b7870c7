using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace PeerRegistry.Api.Tests.Kernel;

/// <summary>A web server of the test's own on a free port, without TLS: what stands behind a proxy.</summary>
internal static class PlainHost
{
    public static async Task<WebApplication> Start(RequestDelegate handle)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.UTF8;
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        var server = builder.Build();
        server.UseWebSockets();
        server.Run(handle);
        await server.StartAsync();
        return server;
    }
}
