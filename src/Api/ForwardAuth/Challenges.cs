using PeerRegistry.Api.Http;
using PeerRegistry.Application.Snapshots;

namespace PeerRegistry.Api.ForwardAuth;

/// <summary>
/// <c>WWW-Authenticate</c> of a 401 on an app's host (RFC 9110, section 15.5.2). <c>Bearer</c> always; <c>Basic</c> only where the app has a password
/// and nothing says that a browser asks: a browser would open its own dialog, for pages as well as for what their scripts fetch.
/// </summary>
internal static class Challenges
{
    /// <param name="asked">Fields of the request that was turned away.</param>
    /// <param name="authority">Host, with or without a port, that it was for.</param>
    public static string Of(IHeaderDictionary asked, string? authority, IPortalSnapshots snapshots)
    {
        var host = (authority ?? "").Split(':')[0].ToLowerInvariant();
        if (snapshots.FindByHost(host) is not { } portal || host.Length <= portal.Portal.Domain.Length
            || !portal.Apps.TryGetValue(host[..^(portal.Portal.Domain.Length + 1)], out var app))
            return "Bearer";

        var bearer = $"Bearer realm=\"{host}\"";
        return app.Passwords.Count > 0 && !IsBrowser(asked) ? $"Basic realm=\"{host}\", charset=\"UTF-8\", {bearer}" : bearer;
    }

    private static bool IsBrowser(IHeaderDictionary asked) =>
        Navigation.ShowsAnswer(asked) || asked.ContainsKey("Sec-Fetch-Mode") || asked.ContainsKey("Sec-Fetch-Site") || asked.ContainsKey("Sec-Fetch-Dest")
        || asked.ContainsKey("Origin") || asked.ContainsKey("Referer") || asked.ContainsKey("X-Requested-With");
}
