using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <param name="Token">Valid for the private paths of one app only.</param>
public sealed record AppSession(string Token, DateTimeOffset ExpiresAt);

/// <summary>Starts a session of a device with one app. It ends when the device is revoked or the app is removed.</summary>
public sealed record StartAppSession(PortalId Portal, string App, string Device, TimeSpan Life) : ICommand<AppSession>
{
    /// <summary>The life of a session of a browser, which gets the next one without the owner's help.</summary>
    public static readonly TimeSpan BrowserLife = TimeSpan.FromDays(7);

    public static readonly TimeSpan BearerLife = TimeSpan.FromDays(90);

    internal sealed class Handler(IDocumentSession documents, ICredentials credentials, IPortalSnapshots snapshots, TimeProvider clock)
        : IRequestHandler<StartAppSession, AppSession>
    {
        /// <exception cref="RefusedException"><c>app_unknown</c>; <c>not_authenticated</c>: the device was revoked meanwhile</exception>
        public Task<AppSession> Handle(StartAppSession c, CancellationToken ct)
        {
            if (snapshots.Find(c.Portal) is not { } portal || !portal.Apps.ContainsKey(c.App))
                throw Domain.Apps.App.Unknown(c.App);
            if (!portal.Devices.ContainsKey(c.Device))
                throw new RefusedException(RefusalKind.NotAuthenticated, "not_authenticated", "This device is not paired any more.");

            var session = new AppSession(Token.Create(), clock.GetUtcNow() + c.Life);
            credentials.Issue(documents, TokenHash.Of(session.Token), new Credential(CredentialKind.AppSession, c.Device, c.App, session.ExpiresAt));
            return Task.FromResult(session);
        }
    }
}
