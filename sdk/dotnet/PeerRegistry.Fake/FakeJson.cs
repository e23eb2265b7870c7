using System.Text.Json.Serialization;

namespace PeerRegistry.Fake;

/// <param name="Id">Only in answers, like the short ID.</param>
/// <param name="IsVisible">As of <see cref="FakePeer"/>; what a request leaves out stays as it is, here and below.</param>
internal sealed record PeerScript(
    string? Id, string? ShortId, string? Name, bool? IsVisible, string? Status, bool? IsReachable, bool? HasApp, AnswerScript[]? Answers)
{
    public static PeerScript Of(FakePeer peer) => new(
        peer.Id, peer.ShortId, peer.Name, peer.IsVisible, peer.Status, peer.IsReachable, peer.HasApp, [.. peer.Answers.Select(AnswerScript.Of)]);
}

/// <summary>A <see cref="FakeAnswer"/>.</summary>
internal sealed record AnswerScript(
    int? Status, string? Body, Dictionary<string, string>? Headers, int? DelayMs, string? Fault, string? Reason, int? RetryAfter, bool? IsVerified)
{
    public static AnswerScript Of(FakeAnswer answer) => new(
        answer.Status, answer.Body, new(answer.Headers), (int)answer.Delay.TotalMilliseconds, answer.Fault, answer.Reason,
        (int?)answer.RetryAfter?.TotalSeconds, answer.IsVerified);

    public FakeAnswer Read() => new(Status ?? 200, Body)
    {
        Headers = Headers ?? [], Delay = TimeSpan.FromMilliseconds(DelayMs ?? 0), Fault = Fault, Reason = Reason, IsVerified = IsVerified ?? true,
        RetryAfter = RetryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
    };
}

/// <summary>A <see cref="ReceivedCall"/>.</summary>
internal sealed record CallItem(
    string Peer, string PeerName, string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Text, string BodyB64)
{
    public static CallItem Of(ReceivedCall call) =>
        new(call.Peer, call.PeerName, call.Method, call.Target, call.Headers, call.Text, Convert.ToBase64String(call.Body.Span));
}

internal sealed record PortalItem(string Core, string Token, string App, string Id, string Domain, string ProxySecret);

/// <param name="As"><c>terminal</c>, <c>peer</c> or <c>anonymous</c>.</param>
/// <param name="Peer">The ID or the name of the calling peer, or null.</param>
/// <param name="Target">Path and query at the app under test.</param>
internal sealed record ProxiedRequest(
    string As, string? Peer, string? Method, string Target, Dictionary<string, string>? Headers, string? Body, Sent? Secret, Sent? Digest, bool? BodyVerified);

/// <param name="Peer">The ID or the name of the peer.</param>
/// <param name="Type">Such as <c>peer_renamed</c>.</param>
internal sealed record PostedEventScript(string Peer, string Type, Sent? Signature);

/// <summary>Whether the owner grants a permission.</summary>
internal sealed record GrantScript(bool Granted);

internal sealed record ProxiedAnswer(int Status, Dictionary<string, string> Headers, string Body);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    Converters = [typeof(SentJson)])]
[JsonSerializable(typeof(PeerItem[]))]
[JsonSerializable(typeof(SecretItem))]
[JsonSerializable(typeof(WebhookSecretItem))]
[JsonSerializable(typeof(SelfItem))]
[JsonSerializable(typeof(DeferredCallItem[]))]
[JsonSerializable(typeof(ReceiptItem))]
[JsonSerializable(typeof(OwnerProfileItem))]
[JsonSerializable(typeof(OwnerDeviceItem[]))]
[JsonSerializable(typeof(GrantScript))]
[JsonSerializable(typeof(PostedEventScript))]
[JsonSerializable(typeof(PortalItem))]
[JsonSerializable(typeof(PeerScript[]))]
[JsonSerializable(typeof(CallItem[]))]
[JsonSerializable(typeof(ProxiedRequest))]
[JsonSerializable(typeof(ProxiedAnswer))]
internal sealed partial class FakeJson : JsonSerializerContext;

internal sealed class SentJson() : JsonStringEnumConverter<Sent>(System.Text.Json.JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);
