using PeerRegistry.Application.SignedCalls;

namespace PeerRegistry.Application.ForwardAuth;

/// <summary>Who a request is from, in the words that apps know.</summary>
/// <param name="Type"><c>terminal</c>, <c>peer</c> or <c>anonymous</c>.</param>
/// <param name="Id">A device's id or a Portal's full ID; empty for anonymous.</param>
public sealed record Client(string Type, string Id, string Name)
{
    public const string Terminal = "terminal";
    public const string Peer = "peer";

    public static readonly Client Anonymous = new("anonymous", "", "");
}

/// <summary>A request to an app, as far as the verdict depends on it.</summary>
/// <param name="Target">Path and query as the app will see them.</param>
/// <param name="Path">What <see cref="Domain.Apps.PathReading"/> makes of it; null if it can be read in more than one way.</param>
/// <param name="MayChange">An unsafe method or an upgrade.</param>
/// <param name="FromOwnPage">The browser says that a page of this very app makes it; with HTTP Basic also a client that says nothing.</param>
/// <param name="IsNavigation">A person goes there with a browser.</param>
/// <param name="CookieSession">The token of the app session in the cookie.</param>
/// <param name="BearerSession">The token of the app session in <c>Authorization</c>.</param>
/// <param name="BasicPassword">The password of HTTP Basic, which may be one of the app's passwords or the token of a session for it.</param>
public sealed record AccessRequest(
    string App, string Target, string? Path, bool MayChange, bool FromOwnPage, bool IsNavigation,
    string? CookieSession, string? BearerSession, string? BasicPassword)
{
    /// <summary>Whose signature was verified.</summary>
    public Signer? Signer { get; init; }
}

public enum Ruling
{
    Granted,

    /// <summary>A browser without a session for a private path: it may fetch one.</summary>
    SessionNeeded,
    AppUnknown,
    NothingThere,

    /// <summary>The path can be read in several ways, which fall under different access, or in no way at all.</summary>
    PathAmbiguous,
    NotAuthenticated,
    Forbidden,
    CrossSite,
}

/// <param name="Rule">The rule that decided, or null if no rule covers the path.</param>
public readonly record struct AccessVerdict(Ruling Ruling, Client Client, Domain.Apps.CompiledRule? Rule);
