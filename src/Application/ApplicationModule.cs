using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;

namespace PeerRegistry.Application;

public static class ApplicationModule
{
    /// <summary>
    /// Registers every handler and validator of this assembly, and the pipeline around them. MediatR's own registration package cannot be
    /// restored, so handlers are found here.
    /// </summary>
    public static IServiceCollection AddApplication(this IServiceCollection services)
    {
        services.AddScoped<ServiceFactory>(provider => provider.GetRequiredService);
        services.AddScoped<IMediator, Mediator>();
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(TracingBehavior<,>));
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(ValidationBehavior<,>));
        services.AddScoped<CurrentActor>();
        services.AddScoped<Decisions>();
        services.AddSingleton<InviteGuesses>();

        services.AddValidatorsFromAssembly(typeof(ApplicationModule).Assembly, includeInternalTypes: true); // else an internal one is skipped silently

        foreach (var type in typeof(ApplicationModule).Assembly.GetTypes().Where(t => t is { IsAbstract: false, IsGenericTypeDefinition: false }))
        {
            foreach (var role in type.GetInterfaces().Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IRequestHandler<,>)))
                services.AddScoped(role, type);
        }

        return services;
    }
}
