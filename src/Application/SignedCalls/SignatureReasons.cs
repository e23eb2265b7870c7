using PeerRegistry.Domain.Common;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>
/// The reasons for refusing a signature, in the order of the checks. They are for logs, metrics and the owner, never for the caller.
/// docs/protocol.md explains each.
/// </summary>
public static class SignatureReasons
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    public const string Missing = "signature_missing";
    public const string Malformed = "signature_malformed";
    public const string Ambiguous = "signature_ambiguous";
    public const string TagWrong = "tag_wrong";
    public const string TagMissing = "tag_missing";
    public const string ComponentMissing = "component_missing";
    public const string ComponentUnknown = "component_unknown";
    public const string ComponentUnexpected = "component_unexpected";
    public const string ComponentMalformed = "component_malformed";
    public const string ParameterUnknown = "parameter_unknown";
    public const string ParameterMissing = "parameter_missing";
    public const string SignerUnknown = "signer_unknown";
    public const string KeyIdMismatch = "keyid_mismatch";
    public const string AlgorithmMismatch = "algorithm_mismatch";
    public const string CreatedTooOld = "created_too_old";
    public const string CreatedInFuture = "created_in_future";
    public const string Expired = "expired";
    public const string Invalid = "signature_invalid";
    public const string DigestMissing = "digest_missing";
    public const string DigestMalformed = "digest_malformed";
    public const string DigestMismatch = "digest_mismatch";
    public const string Replayed = "replayed";
    public const string GuardCold = "guard_cold";
    public const string GuardFull = "guard_full";
    public const string GuardQuota = "guard_quota";

    /// <summary>
    /// The response for a temporary reason that is not the request's fault: 503, or 429 if this signer has sent too much, with
    /// <c>Retry-After</c>. Null for all other reasons.
    /// </summary>
    public static RefusedException? TryAgain(string? reason) => reason switch
    {
        GuardCold or GuardFull => new(RefusalKind.Unavailable, reason, "Signatures cannot be taken just now. Sign and send again.") { RetryAfter = Soon },
        GuardQuota =>
            new(RefusalKind.TooMany, reason, "This signer has sent too many signed requests within a minute. Sign and send again later.") { RetryAfter = Soon },
        _ => null,
    };
}
