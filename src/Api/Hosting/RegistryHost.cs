using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using PeerRegistry.Api.Apps;
using PeerRegistry.Api.Audit;
using PeerRegistry.Api.Circles;
using PeerRegistry.Api.Devices;
using PeerRegistry.Api.ForwardAuth;
using PeerRegistry.Api.Gateway;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.OpenApi;
using PeerRegistry.Api.Pages;
using PeerRegistry.Api.Peers;
using PeerRegistry.Api.Portals;
using PeerRegistry.Api.SignedCalls;
using PeerRegistry.Application;
using PeerRegistry.Application.Portals;
using PeerRegistry.Infrastructure;

namespace PeerRegistry.Api.Hosting;

/// <summary>Builds the registry from its parts.</summary>
public static class RegistryHost
{
    /// <summary>Starts the database, read models and snapshots of a registry that is built but not started.</summary>
    public static Task StartStore(WebApplication app) => app.Services.StartStore(CancellationToken.None);

    /// <summary>
    /// The same beside a registry that is running, or may start at any time: its own PostgreSQL is not started and nothing is locked. May be called
    /// again after it has failed.
    /// </summary>
    public static Task StartStoreBeside(WebApplication app, CancellationToken ct) => app.Services.StartStoreBeside(ct);

    /// <summary>Ends what <see cref="StartStoreBeside"/> has started.</summary>
    public static Task StopStore(WebApplication app) => app.Services.StopStore();

    /// <summary>Compares the schema of the database with the one that this version makes, and changes nothing.</summary>
    /// <returns>What differs, a sentence each.</returns>
    public static Task<IReadOnlyList<string>> CompareSchema(WebApplication app) => app.Services.CompareSchema(CancellationToken.None);

    /// <summary>Builds the whole registry without starting it.</summary>
    /// <param name="replace">Replaces services for a test, such as the clock.</param>
    public static WebApplication Build(string[] args, Action<IServiceCollection>? replace = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        var options = RegistryConfiguration.Read(builder.Configuration, InfrastructureModule.Faults);
        AddHost(builder);
        builder.Services.AddApplication();
        builder.Services.AddTelemetry(builder.Configuration, options);
        builder.Services.AddInfrastructure(options);
        AddHttp(builder.Services);
        builder.Services.AddHostedService<FirstStart>();
        replace?.Invoke(builder.Services);
        builder.WebHost.UseKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = BodyLimit.Usual;
            kestrel.Limits.MaxRequestBufferSize = 64 * 1024; // of each connection, whether or not its request is being read
            HeadLimit.Apply(kestrel.Limits);
            kestrel.PassHeaderBytes();
            var (edge, inner) = (new Uri(options.Listen.Edge), new Uri(options.Listen.Internal));
            kestrel.Listen(IPAddress.Parse(edge.Host), edge.Port, listen => listen.Mark(Listener.Edge));
            kestrel.Listen(IPAddress.Parse(inner.Host), inner.Port, listen => listen.Mark(Listener.Internal));
            if (options.Listen.Metrics is { Length: > 0 } metrics && new Uri(metrics) is var own)
                kestrel.Listen(IPAddress.Parse(own.Host), own.Port, listen => listen.Mark(Listener.Metrics));
            kestrel.ListenWithTls(options.Listen);
        });

        var app = builder.Build();
        app.UseMiddleware<Errors>();
        app.UseMiddleware<HeadLimit>();
        app.UseMiddleware<ReachArrivalsMiddleware>();
        app.UseMiddleware<ForwardAuthMiddleware>();
        app.UseMiddleware<CallPeerMiddleware>();
        app.UseMiddleware<GatewayMiddleware>();
        app.UseMiddleware<SecurityHeaders>();
        app.UseMiddleware<CoreCaching>();
        app.UseMiddleware<RequestTrace>();
        app.UseStatusCodePages(bare => Errors.FillIn(bare.HttpContext));
        app.UseMiddleware<TrustedSnapshots>();
        app.UseMiddleware<EdgePortal>();
        app.UseRouting();
        app.UseRateLimiter();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseMiddleware<RequestShape>();
        app.UseMiddleware<PageLanguage>();
        app.MapEdge();
        app.MapInternal();
        app.MapMetrics(options);
        return app;
    }

    /// <summary>Sends the log to standard error, since programs read the PAIR and READY lines from standard output.</summary>
    private static void AddHost(WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<ILoggerProvider, StandardErrorLog>();
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.AspNetCore.Antiforgery", LogLevel.None); // it logs a stack trace for every invalid cookie
        // anybody may ask; the follower of the snapshots logs a failure once
        builder.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical); // CommandLine reports a refused start
        builder.Services.Configure<LoggerFilterOptions>(RequestTrace.Silence);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2)); // in addition to seven for our own PostgreSQL
    }

    private static void AddHttp(IServiceCollection services)
    {
        services.AddScoped<CurrentPortal>();
        services.AddSingleton<CallerAddress>();
        services.AddSingleton<BodyBudget>();
        services.AddSingleton<ChallengeLimits>();
        services.AddHealthChecks();
        services.AddSingleton<NoticeLimits>();
        services.AddSingleton<LiveStream>();
        services.AddSingleton<PeerEventStream>();
        services.AddSingleton<ReachReports>();
        services.AddSingleton<ReachArrivals>();
        services.AddSingleton<IReachArrivals>(provider => provider.GetRequiredService<ReachArrivals>());
        services.AddAccess();
        services.AddCalls();
        services.AddGateway();
        services.AddSingleton<MatcherPolicy, Listeners.Policy>();
        services.AddPages();
        services.AddOpenApiDocuments();
        services.Configure<RouteHandlerOptions>(handlers => handlers.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            json.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
            json.SerializerOptions.AllowDuplicateProperties = false;
            json.SerializerOptions.RespectNullableAnnotations = true;
            json.SerializerOptions.RespectRequiredConstructorParameters = true;
            json.SerializerOptions.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
        });
    }

    private static void MapEdge(this WebApplication app)
    {
        var edge = app.MapGroup("").OnListener(Listener.Edge).AnswersHead();
        edge.MapWhoAreYou("portals.whoareyou");
        edge.MapRefusedCalls();
        edge.MapWaitingCalls();
        edge.MapPages();
        edge.MapProfile();
        edge.MapIdentities();
        edge.MapCheck();
        edge.MapInvites();
        edge.MapPeers();
        edge.MapCircles();
        edge.MapPeeringRequests();
        edge.MapPeering();
        edge.MapAudit();
        edge.MapDevices();
        edge.MapRecovery();
        edge.MapApps();
        edge.MapAppSessions();
        edge.MapAppAway();
        edge.MapAppPasswords();
        edge.MapUndeliveredEvents();
        edge.MapPermissions();
        edge.MapGet("/core/public/health", () => TypedResults.Ok(new OriginalHealth("ok"))).WithName("health.original").WithTags("Health")
            .WithSummary("Answers while the process runs, as the original core does.");
        edge.MapGet("/health/live", () => TypedResults.Ok()).WithName("health.live").WithTags("Health")
            .WithSummary("Answers while the process runs.");
        edge.MapGet("/health/ready", Health.Answer).WithName("health.ready").WithTags("Health")
            .WithSummary("Answers 200 while requests can be served.").Refuses(503, "unavailable").Produces<string>(StatusCodes.Status200OK, "text/plain");
        edge.MapAppMetaSchema(Listener.Edge);
        edge.MapOpenApiDocument(Listener.Edge);
        edge.MapApiPage();
    }

    private static void MapInternal(this WebApplication app)
    {
        var inner = app.MapGroup("").OnListener(Listener.Internal).AnswersHead();
        inner.MapSelf();
        inner.MapWhoAreYouToApps();
        inner.MapVisiblePeers();
        inner.MapDeferredCalls();
        PeerEventStream.Map(inner);
        inner.MapProxySecret();
        inner.MapWebhookSecret();
        inner.MapGranted();
        inner.MapGet("/health/live", () => TypedResults.Ok()).WithName("health.live-internal").WithTags("Health")
            .WithSummary("Answers while the process runs.");
        inner.MapServedHosts();
        inner.MapNginxAnswer();
        inner.MapAppMetaSchema(Listener.Internal);
        inner.MapOpenApiDocument(Listener.Internal);
    }
}
