using PeerRegistry.Application.SignedCalls;

namespace PeerRegistry.Application.ForwardAuth;

/// <summary>The client of a request, as apps see it.</summary>
/// <param name="Type"><c>terminal</c>, <c>peer</c> or <c>anonymous</c>.</param>
/// <param name="Id">A device's id or a Portal's full ID; empty for anonymous.</param>
public sealed record Client(string Type, string Id, string Name)
{
    public const string Terminal = "terminal";
    public const string Peer = "peer";

    public static readonly Client Anonymous = new("anonymous", "", "");
}

/// <summary>The part of a request to an app that the verdict depends on.</summary>
/// <param name="Target">Path and query as the app will see them.</param>
/// <param name="Path">The path as <see cref="Domain.Apps.PathReading"/> decodes it, or null if it can be read in more than one way.</param>
/// <param name="MayChange">Whether the method is unsafe (RFC 9110, section 9.2.1) or the connection is to be upgraded.</param>
/// <param name="FromOwnPage">Whether the browser says that a page of this app makes the request. With HTTP Basic, also for a client that says nothing.</param>
/// <param name="IsNavigation">Whether a person navigates there in a browser.</param>
/// <param name="CookieSession">The token of the app session in the cookie.</param>
/// <param name="BearerSession">The token of the app session in <c>Authorization</c>.</param>
/// <param name="BasicPassword">The password of HTTP Basic, which may be one of the app's passwords or the token of a session for it.</param>
public sealed record AccessRequest(
    string App, string Target, string? Path, bool MayChange, bool FromOwnPage, bool IsNavigation,
    string? CookieSession, string? BearerSession, string? BasicPassword)
{
    /// <summary>The sender of a verified signature, or null.</summary>
    public Signer? Signer { get; init; }

    /// <summary>Without the tokens, so that no log or error can contain them.</summary>
    public override string ToString() => $"{nameof(AccessRequest)} of {App}";
}

public enum Ruling
{
    Granted,

    /// <summary>A browser without a session navigates to a private path, so it is redirected to the login.</summary>
    SessionNeeded,
    AppUnknown,

    /// <summary>The app is not registered, and a mutual peer has signed the request. It may know that, since it would else take it for a fault.</summary>
    NotInstalled,
    NothingThere,

    /// <summary>The path can be read in several ways that have different access, or in none.</summary>
    PathAmbiguous,
    NotAuthenticated,
    Forbidden,
    CrossSite,
}

/// <param name="Rule">The rule that decided, or null if no rule covers the path.</param>
public readonly record struct AccessVerdict(Ruling Ruling, Client Client, Domain.Apps.CompiledRule? Rule);
