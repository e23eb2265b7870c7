using System.Globalization;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.SignedCalls;

namespace PeerRegistry.Api.SignedCalls;

/// <summary>
/// How an app asks for a call to be delivered later, <c>Prefer: respond-async</c> (RFC 7240 section 4.1) with an <c>Idempotency-Key</c>, and what says that it
/// will be.
/// </summary>
internal static class DeferralHeaders
{
    /// <summary>The path below which each such call has its address.</summary>
    public const string Calls = "/protected/calls";

    private const string Preference = "respond-async";

    public static bool IsWanted(IHeaderDictionary headers) =>
        headers["Prefer"] is { Count: > 0 } prefer
        && prefer.ToString().Split(',').Any(each => each.Split(';')[0].Trim(' ', '\t').Equals(Preference, StringComparison.OrdinalIgnoreCase));

    /// <exception cref="RefusedException">
    /// <c>call_not_deferrable</c>; <c>idempotency_key_missing</c>; <c>idempotency_key_malformed</c>
    /// </exception>
    public static string Key(IHeaderDictionary headers)
    {
        if (headers.Upgrade.Count > 0)
            throw Invalid("call_not_deferrable", "An upgrade needs the peer at once, so it cannot be delivered later.");
        return headers[IdempotencyKey.Header] switch
        {
            { Count: 0 } => throw Invalid("idempotency_key_missing", "A call that is to be delivered later needs an Idempotency-Key, by which it is recognized."),
            [{ } key] when IdempotencyKey.IsValid(key) => key,
            _ => throw Invalid("idempotency_key_malformed", $"An Idempotency-Key has 1 to {IdempotencyKey.MaxLength} visible ASCII characters, and there is one."),
        };
    }

    /// <summary>Answers 202 with the address of the call.</summary>
    public static void Accept(HttpResponse response, Guid call)
    {
        response.StatusCode = StatusCodes.Status202Accepted;
        response.Headers.Location = string.Create(CultureInfo.InvariantCulture, $"{Calls}/{call}");
        response.Headers["Preference-Applied"] = Preference;
        response.ContentLength = 0;
    }

    private static RefusedException Invalid(string code, string message) => new(RefusalKind.Invalid, code, message);
}
