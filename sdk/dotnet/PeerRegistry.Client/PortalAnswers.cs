using System.Text.Json.Serialization;

namespace PeerRegistry.Client;

/// <summary>A peer that the owner lets this app see.</summary>
/// <param name="Id">All 103 characters, or before first contact those that are known.</param>
/// <param name="ShortId">The first six. It proves no identity.</param>
/// <param name="Name">As the owner sees it. Two peers may have the same name.</param>
/// <param name="Status"><c>mutual</c>, <c>pending</c> or <c>withdrawn</c>. Only a mutual peer can be called.</param>
/// <param name="IsReachable">Null before first contact.</param>
/// <param name="HasApp">Whether the peer has this app, too, and lets this Portal use it; null if the peer does not say.</param>
/// <param name="PublicKeyPem">Null before first contact.</param>
public sealed record Peer(
    string Id, string ShortId, string Name, string Domain, string Status, bool? IsReachable,
    [property: JsonPropertyName("public_bytes_b64")] string? PublicKeyPem, bool? HasApp)
{
    [JsonIgnore]
    public bool IsMutual => Status == "mutual";
}

/// <summary>What the Portal's proxy adds to every request to this app, and nobody else knows.</summary>
/// <param name="Header">The name of the header in which it comes.</param>
public sealed record ProxySecret(string Header, string Secret)
{
    public override string ToString() => Header; // a log must not have the secret
}

/// <summary>Where this app runs.</summary>
/// <param name="Id">Of the Portal: all 103 characters.</param>
/// <param name="Name">Of the Portal.</param>
/// <param name="App">The name of this app.</param>
/// <param name="Visibility">How the owner chooses the peers that this app sees: <c>all</c>, <c>all_except</c>, <c>some</c> or <c>none</c>.</param>
/// <param name="Permissions">What the owner has granted this app to read, such as <c>profile</c>.</param>
public sealed record PortalSelf(
    string Id, string ShortId, string Name, string Domain, string App, string Visibility, IReadOnlyList<string> Permissions);

/// <summary>What the owner is called and looks like.</summary>
public sealed record OwnerProfile(string Name, bool HasAvatar);

/// <summary>A device of the owner.</summary>
/// <param name="Id">The same as in <c>X-Ptl-Client-Id</c> when the device calls this app.</param>
/// <param name="LastSeenAt">The hour of its last request, or null if its session has expired.</param>
public sealed record OwnerDevice(string Id, string Name, DateTimeOffset? LastSeenAt);

internal sealed record WebhookSecretAnswer(string Secret);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Peer[]))]
[JsonSerializable(typeof(ProxySecret))]
[JsonSerializable(typeof(PortalSelf))]
[JsonSerializable(typeof(OwnerProfile))]
[JsonSerializable(typeof(OwnerDevice[]))]
[JsonSerializable(typeof(DeferredCall[]))]
[JsonSerializable(typeof(CallReceipt))]
[JsonSerializable(typeof(WebhookSecretAnswer))]
[JsonSerializable(typeof(ResetData))]
[JsonSerializable(typeof(SeenPeer))]
[JsonSerializable(typeof(PostedEvent))]
internal sealed partial class PortalJson : JsonSerializerContext;
