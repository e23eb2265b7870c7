namespace PeerRegistry.Application.Apps;

/// <summary>The files in which apps find their tokens, so that nobody has to copy one (<c>Apps__TokenDirectory</c>).</summary>
public interface IAppTokenFiles
{
    /// <summary>Issues a token and writes it to the app's file, with nobody else issuing one in between. Without a folder for tokens it only issues.</summary>
    /// <param name="issue">Returns the token once it is valid.</param>
    /// <returns>The token.</returns>
    Task<string> Keep(AppPlace app, Func<Task<string>> issue, CancellationToken ct);
}
