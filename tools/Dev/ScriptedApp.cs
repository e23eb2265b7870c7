using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using PeerRegistry.LocalPortals;

namespace PeerRegistry.Dev;

/// <summary>Stands for the app on a Portal where the author's does not run: it answers everything with what it received, and says so in the log.</summary>
internal static class ScriptedApp
{
    private const int MostBytes = 64 << 10;

    public static async Task<WebApplication> Start(LocalPortal portal, Action<string> hear, CancellationToken ct)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, portal.AppAddress.Port);
            kestrel.Limits.MaxRequestBodySize = MostBytes;
        });
        var app = builder.Build();
        app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var (request, body) = (context.Request, await reader.ReadToEndAsync(context.RequestAborted));
            var (method, path, name) = (request.Method, request.Path + request.QueryString, request.Headers["X-Ptl-Client-Name"].ToString());
            hear($"{method} {path} from {(name.Length > 0 ? name : "nobody in particular")}, {body.Length} characters");
            await context.Response.WriteAsJsonAsync(new { method, path, from = request.Headers["X-Ptl-Client-Id"].ToString(), name, body }, context.RequestAborted);
        });
        await app.StartAsync(ct);
        return app;
    }
}
