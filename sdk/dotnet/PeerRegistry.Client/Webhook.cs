using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace PeerRegistry.Client;

/// <summary>What the core posts to the path that <c>webhook</c> in <c>app_meta.json</c> names, as Standard Webhooks 1.0 has it.</summary>
public static class Webhook
{
    /// <summary>How far the time of an attempt may lie in the past or in the future.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private const int MaxBytes = 64 << 10;

    /// <summary>Reads and verifies the body of a request.</summary>
    /// <param name="secret">See <see cref="PortalClient.WebhookSecret"/>.</param>
    /// <returns>Null if the core has not signed it, or if it is older than <see cref="Tolerance"/>: answer it with 401.</returns>
    public static async Task<PeerEvent?> Read(string secret, HttpRequest request, CancellationToken ct = default)
    {
        using var body = new MemoryStream();
        var piece = new byte[16 << 10];
        for (int read; (read = await request.Body.ReadAsync(piece, ct)) > 0;)
        {
            body.Write(piece, 0, read);
            if (body.Length > MaxBytes)
                return null; // the core sends nothing as long as that
        }

        var (id, timestamp, signature) = (request.Headers["webhook-id"], request.Headers["webhook-timestamp"], request.Headers["webhook-signature"]);
        return Verify(secret, id.ToString(), timestamp.ToString(), signature.ToString(), body.ToArray(), TimeProvider.System)
            && JsonSerializer.Deserialize(body.ToArray(), PortalJson.Default.PostedEvent) is { } posted
            ? new PeerEvent(posted.Type, id.ToString(), posted.Data)
            : null;
    }

    /// <summary>Verifies a Standard Webhook, by whomever.</summary>
    /// <param name="secret"><c>whsec_</c> and base64.</param>
    /// <param name="id">The field <c>webhook-id</c>.</param>
    /// <param name="timestamp">The field <c>webhook-timestamp</c>.</param>
    /// <param name="signature">The field <c>webhook-signature</c>, of which one signature has to be right.</param>
    public static bool Verify(string secret, string id, string timestamp, string signature, ReadOnlySpan<byte> body, TimeProvider clock)
    {
        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || Math.Abs(clock.GetUtcNow().ToUnixTimeSeconds() - (double)seconds) > Tolerance.TotalSeconds)
        {
            return false;
        }

        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Convert.FromBase64String(secret.Replace("whsec_", "", StringComparison.Ordinal)));
        mac.AppendData(Encoding.UTF8.GetBytes($"{id}.{timestamp}."));
        mac.AppendData(body);
        var expected = Encoding.ASCII.GetBytes($"v1,{Convert.ToBase64String(mac.GetHashAndReset())}");
        return signature.Split(' ').Any(sent => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(sent), expected));
    }
}

internal sealed record PostedEvent(string Type, SeenPeer Data);
