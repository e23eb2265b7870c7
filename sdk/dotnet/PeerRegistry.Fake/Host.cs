using System.Text;
using PeerRegistry.Api.Http;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Fake;

/// <summary>The server: no configuration, no logs and no routing, so that it starts as fast as Kestrel does.</summary>
internal static class Host
{
    public static WebApplication Build(FakePortal portal)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null; // the limit of calls is the fake's own
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.UTF8;
            kestrel.Listen(portal.Options.Listen);
        });
        var host = builder.Build();
        host.UseWebSockets();
        host.Run(context => Answer(portal, context));
        return host;
    }

    private static async Task Answer(FakePortal portal, HttpContext context)
    {
        try
        {
            await (context.Request.Path.StartsWithSegments("/fake", StringComparison.Ordinal)
                ? ControlApi.Answer(portal, context)
                : InternalListener.Answer(portal, context));
        }
        catch (RefusedException refused) when (!context.Response.HasStarted)
        {
            context.Response.Clear();
            if (context.Request.Path.StartsWithSegments("/internal", StringComparison.Ordinal))
                context.Response.Headers["X-Ptl-Problem"] = refused.Code;
            await Problem.Of(refused).Write(context);
        }
        catch (BadHttpRequestException bad) when (!context.Response.HasStarted)
        {
            await Problem.OfStatus(bad.StatusCode).Write(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // the app has hung up
        }
    }
}
