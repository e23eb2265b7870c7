using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Primitives;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;

namespace PeerRegistry.Api.ForwardAuth;

/// <summary>Removes the secrets that only the owner and the core share from <c>Cookie</c> and <c>Authorization</c>, before an app sees them.</summary>
internal static class OwnSecrets
{
    /// <summary>The cookie of the session for one app, on that app's host.</summary>
    public const string AppCookie = "__Host-portal-app";

    /// <summary>The prefix of the cookies that bind a ticket to the browser that requested it.</summary>
    public const string StateCookie = "__Host-portal-state-";

    /// <summary>The prefix of the names of all cookies of the core.</summary>
    public const string CookiePrefix = "__Host-portal";
    private const int TokenLength = 43;

    /// <summary>The value of one of our cookies, or null if it is absent or occurs twice.</summary>
    public static string? Cookie(StringValues field, string name)
    {
        string? found = null;
        foreach (var line in field)
        {
            foreach (var range in line.AsSpan().Split(';'))
            {
                var pair = line.AsSpan(range).Trim(' ');
                if (!pair.StartsWith(name, StringComparison.Ordinal) || pair.Length <= name.Length || pair[name.Length] != '=')
                    continue;
                if (found is not null)
                    return null;
                found = pair[(name.Length + 1)..].ToString();
            }
        }

        return found;
    }

    /// <summary>The names and values of the cookies whose names have this prefix.</summary>
    public static IEnumerable<(string Name, string Value)> Cookies(StringValues field, string beginning)
    {
        foreach (var line in field)
        {
            foreach (var pair in (line ?? "").Split(';', StringSplitOptions.TrimEntries))
            {
                if (pair.StartsWith(beginning, StringComparison.Ordinal) && pair.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
                    yield return (pair[..equals], pair[(equals + 1)..]);
            }
        }
    }

    /// <summary>Removes the cookies of the core by name, and every cookie that contains a token of the core under another name.</summary>
    public static string Cookies(StringValues field, IPortalSnapshots snapshots)
    {
        if (field.Count == 0)
            return "";

        var kept = new DefaultInterpolatedStringHandler(0, 0, CultureInfo.InvariantCulture, stackalloc char[512]);
        var first = true;
        foreach (var line in field)
        {
            foreach (var range in line.AsSpan().Split(';'))
            {
                var pair = line.AsSpan(range).Trim(' ');
                if (pair.IsEmpty || pair.StartsWith(CookiePrefix, StringComparison.OrdinalIgnoreCase) || CarriesToken(pair, snapshots))
                    continue;
                if (!first)
                    kept.AppendLiteral("; ");
                kept.AppendFormatted(pair);
                first = false;
            }
        }

        return kept.ToStringAndClear();
    }

    public static string Authorization(StringValues field, IPortalSnapshots snapshots)
    {
        if (field is not [{ } only])
            return "";

        if (Bearer.Token(field) is { } token)
            return IsOurs(token, snapshots) ? "" : only;
        return Basic.Credentials(field) is var (user, password) && (IsOurs(password, snapshots) || IsOurs(user, snapshots)) ? "" : only;
    }

    private static bool CarriesToken(ReadOnlySpan<char> pair, IPortalSnapshots snapshots)
    {
        var value = pair[(pair.IndexOf('=') + 1)..].Trim('"');
        return value.Length == TokenLength && IsOurs(value, snapshots);
    }

    private static bool IsOurs(ReadOnlySpan<char> token, IPortalSnapshots snapshots) => snapshots.FindCredential(TokenHash.Of(token)) is not null;
}
