using Marten;

namespace PeerRegistry.Infrastructure.Sessions;

/// <summary>The session of the command whose handler runs in this dependency-injection scope. A command sent by another one has its own.</summary>
internal sealed class SessionScope
{
    private IDocumentSession? current;

    /// <exception cref="InvalidOperationException">No command is being handled.</exception>
    public IDocumentSession Current => current ?? throw new InvalidOperationException("Only the handler of a command is given a session.");

    public async Task<T> Use<T>(IDocumentSession session, Func<Task<T>> handle)
    {
        var outer = current;
        current = session;
        try
        {
            return await handle();
        }
        finally
        {
            current = outer;
        }
    }
}
