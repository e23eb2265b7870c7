using System.Security.Cryptography;
using System.Text;

namespace PeerRegistry.Domain.Apps;

/// <summary>The signature of a webhook, as Standard Webhooks 1.0 defines it for symmetric keys.</summary>
public static class WebhookSignature
{
    public const string IdHeader = "webhook-id";
    public const string TimestampHeader = "webhook-timestamp";
    public const string Header = "webhook-signature";

    private const string SecretPrefix = "whsec_";

    /// <returns>The secret as apps are given it: <c>whsec_</c> and base64.</returns>
    public static string SecretOf(ReadOnlySpan<byte> key) => SecretPrefix + Convert.ToBase64String(key);

    /// <param name="secret">See <see cref="SecretOf"/>.</param>
    /// <param name="timestamp">The time of this attempt, in Unix seconds.</param>
    /// <returns>The value of <see cref="Header"/>: <c>v1,</c> and the HMAC-SHA256 of <c>id.timestamp.body</c> in base64.</returns>
    /// <exception cref="FormatException">The secret has another form.</exception>
    public static string Sign(string secret, string id, long timestamp, ReadOnlySpan<byte> body)
    {
        if (!secret.StartsWith(SecretPrefix, StringComparison.Ordinal))
            throw new FormatException($"A secret begins with {SecretPrefix}.");

        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Convert.FromBase64String(secret[SecretPrefix.Length..]));
        mac.AppendData(Encoding.UTF8.GetBytes($"{id}.{timestamp}."));
        mac.AppendData(body);
        return $"v1,{Convert.ToBase64String(mac.GetHashAndReset())}";
    }
}
