using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.SignedCalls;

namespace PeerRegistry.Application;

public static class ApplicationModule
{
    /// <summary>What stands around each use case, the outermost first; see <see cref="IHotPathRequest{TResponse}"/> for the exceptions.</summary>
    private static readonly Type[] Behaviors = [typeof(TracingBehavior<,>), typeof(ValidationBehavior<,>)];

    /// <summary>
    /// Registers every handler and validator of this assembly, and the pipeline around them. MediatR's own registration package cannot be
    /// restored, so handlers are found here.
    /// </summary>
    public static IServiceCollection AddApplication(this IServiceCollection services)
    {
        services.AddScoped<ServiceFactory>(provider => provider.GetRequiredService);
        services.AddScoped<IMediator, Mediator>();
        services.AddSingleton<HotPath>();
        services.AddScoped<CurrentActor>();
        services.AddSingleton<InviteGuesses>();
        services.AddSingleton<AskLimits>();
        services.AddSingleton<DeferredAttempt>();
        services.AddSingleton<AskedPictures>();

        services.AddValidatorsFromAssembly(typeof(ApplicationModule).Assembly, includeInternalTypes: true); // else an internal one is skipped silently

        foreach (var type in typeof(ApplicationModule).Assembly.GetTypes().Where(t => t is { IsAbstract: false, IsGenericTypeDefinition: false }))
        {
            foreach (var role in type.GetInterfaces().Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IRequestHandler<,>)))
                AddHandler(services, role, type);
        }

        return services;
    }

    private static void AddHandler(IServiceCollection services, Type role, Type handler)
    {
        var message = role.GetGenericArguments(); // the request and its response
        if (message[0].IsAssignableTo(typeof(IHotPathRequest<>).MakeGenericType(message[1])))
        {
            services.AddSingleton(role, handler);
            return;
        }

        services.AddTransient(role, handler); // a command that runs again needs one with a fresh session
        foreach (var behavior in Behaviors)
            services.AddScoped(typeof(IPipelineBehavior<,>).MakeGenericType(message), behavior.MakeGenericType(message));
    }
}
