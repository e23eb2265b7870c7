namespace PeerRegistry.Application.SignedCalls;

/// <summary>What the signer and the verifier of an app's answer have to agree on (docs/protocol.md, "Answers of apps").</summary>
public static class SignedAnswers
{
    /// <summary>
    /// The longest body that either of them holds in memory, in bytes. One that is no longer is signed in the header, and verified before the head passes.
    /// </summary>
    public const int MaxHeld = 64 * 1024;

    /// <summary>The code with which a core says that its Portal does not have the app.</summary>
    public const string NotInstalled = "app_not_installed";

    /// <summary>
    /// The code with which a core says that it has delivered a call before. The problem has the status of that answer as <c>answer_status</c>.
    /// </summary>
    public const string AlreadyDelivered = "already_delivered";

    /// <summary>The code with which a core says that it knows the key of a call from another request.</summary>
    public const string KeyReused = "idempotency_key_reused";

    /// <summary>The tag of what a core answers for itself.</summary>
    public const string CoreTag = "portal-core-response";

    /// <summary>The fields of a signature. An answer that is signed behind its body announces all of them in <c>Trailer</c>.</summary>
    public static readonly IReadOnlyList<string> Fields = ["Content-Digest", "Signature-Input", "Signature"];
}
