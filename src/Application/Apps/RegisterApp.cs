using FluentValidation;
using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Portals;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <param name="IsNew">Whether the app was not registered before.</param>
public sealed record RegisteredApp(string Name, bool IsNew, IReadOnlyList<string> Warnings);

/// <summary>Registers an app, or replaces the description of a registered one.</summary>
/// <param name="Name">Must equal the name in the description.</param>
/// <param name="Description">The <c>app_meta.json</c>, UTF-8.</param>
public sealed record RegisterApp(PortalId Portal, string Name, ReadOnlyMemory<byte> Description) : ICommand<RegisteredApp>
{
    public sealed class Validator : AbstractValidator<RegisterApp>
    {
        public Validator() => RuleFor(c => c.Name).Must(AppName.IsValid)
            .WithErrorCode("app_meta_invalid").WithMessage($"An app's name has {AppName.Form}.");
    }

    internal sealed class Handler(IDocumentSession session, IAggregates aggregates, IPortalSnapshots snapshots, IMediator mediator, RegistryOptions options)
        : IRequestHandler<RegisterApp, RegisteredApp>
    {
        /// <exception cref="RefusedException"><c>app_meta_invalid</c>; <c>container_taken</c></exception>
        public async Task<RegisteredApp> Handle(RegisterApp c, CancellationToken ct)
        {
            var (meta, warnings) = AppMetaParser.Parse(c.Description);
            if (meta.Name != c.Name)
                throw AppMeta.Refuse($"$.name: expected \"{c.Name}\", the name in the address; found \"{meta.Name}\".");

            var defaultPortal = (await mediator.Send(new FindDefaultPortal(), ct)).Portal.Id;
            new AppUpstreams(snapshots.All, defaultPortal, options).Check(new AppPlace(c.Portal, c.Name), meta);
            var app = await aggregates.LoadApp(session, c.Name, ct);
            app.Append(App.Register(app.State, meta));
            return new RegisteredApp(c.Name, IsNew: app.State is null, warnings);
        }
    }
}
