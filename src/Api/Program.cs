using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using PeerRegistry.Api.Kernel;
using PeerRegistry.Api.Kernel.Pages;
using PeerRegistry.Api.Portals;
using PeerRegistry.Api.SignedCalls;
using PeerRegistry.Application.Kernel;
using PeerRegistry.Infrastructure;

namespace PeerRegistry.Api;

public static class Program
{
    public static async Task Main(string[] args) => await Build(args).RunAsync();

    /// <summary>The whole registry, not yet started.</summary>
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        var options = builder.Configuration.Get<RegistryOptions>() ?? new RegistryOptions();
        builder.Services.AddApplication();
        builder.Services.AddInfrastructure(options);
        AddHttp(builder.Services);
        builder.WebHost.UseKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            var (edge, inner) = (new Uri(options.Listen.Edge), new Uri(options.Listen.Internal));
            kestrel.Listen(IPAddress.Parse(edge.Host), edge.Port, listen => listen.Mark(Listener.Edge));
            kestrel.Listen(IPAddress.Parse(inner.Host), inner.Port, listen => listen.Mark(Listener.Internal));
        });

        var app = builder.Build();
        app.UseMiddleware<SecurityHeaders>();
        app.UseMiddleware<CoreCaching>();
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseMiddleware<EdgePortal>();
        app.UseRouting();
        app.MapEdge();
        app.MapInternal();
        return app;
    }

    private static void AddHttp(IServiceCollection services)
    {
        services.AddScoped<CurrentPortal>();
        services.AddSingleton<CallerAddress>();
        services.AddSingleton<ChallengeLimits>();
        services.AddSingleton<MatcherPolicy, Listeners.Policy>();
        services.AddExceptionHandler<Errors>();
        services.AddPages();
        services.AddProblemDetails(problems => problems.CustomizeProblemDetails = Errors.AddCode);
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
        var edge = app.MapGroup("").OnListener(Listener.Edge);
        edge.MapWhoAreYou();
        edge.MapRefusedCalls();
        edge.MapPages();
        edge.MapProfile();
        edge.MapGet("/health/live", () => TypedResults.Ok()).WithName("health.live");
    }

    private static void MapInternal(this WebApplication app)
    {
        var inner = app.MapGroup("").OnListener(Listener.Internal);
        inner.MapGet("/health/live", () => TypedResults.Ok()).WithName("health.live-internal");
    }
}
