using PeerRegistry.Api.Http;
using PeerRegistry.Application.Snapshots;

namespace PeerRegistry.Api.ForwardAuth;

/// <summary>
/// Makes the <c>WWW-Authenticate</c> field of a 401 on an app's host (RFC 9110, section 15.5.2). It always has <c>Bearer</c>. It has <c>Basic</c> only if
/// the app has a password and the request does not come from a browser, which would open its own dialog, even for requests of scripts.
/// </summary>
internal static class Challenges
{
    /// <param name="asked">The header fields of the refused request.</param>
    /// <param name="authority">The host of the request, with or without a port.</param>
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
