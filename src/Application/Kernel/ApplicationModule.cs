using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Application.Peers;

namespace PeerRegistry.Application.Kernel;

public static class ApplicationModule
{
    /// <summary>Every handler and validator of this assembly, and the pipeline around them.</summary>
    public static IServiceCollection AddApplication(this IServiceCollection services)
    {
        services.AddScoped<ServiceFactory>(provider => provider.GetRequiredService);
        services.AddScoped<IMediator, Mediator>();
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(TracingBehavior<,>));
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(ValidationBehavior<,>));
        services.AddScoped<CurrentActor>();
        services.AddScoped<Decisions>();
        services.AddSingleton<InviteGuesses>();

        foreach (var type in typeof(ApplicationModule).Assembly.GetTypes().Where(t => t is { IsAbstract: false, IsGenericTypeDefinition: false }))
        {
            foreach (var role in type.GetInterfaces().Where(i => i.IsGenericType))
            {
                if (role.GetGenericTypeDefinition() == typeof(IRequestHandler<,>) || role.GetGenericTypeDefinition() == typeof(IValidator<>))
                    services.AddScoped(role, type);
            }
        }

        return services;
    }
}
