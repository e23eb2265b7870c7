using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Marten;

namespace PeerRegistry.Application.Common;

/// <summary>SHA-256 of a token. Tokens carry 256 random bits, so the hash needs no salt and looking it up gives nothing away.</summary>
public readonly record struct TokenHash(ulong A, ulong B, ulong C, ulong D)
{
    public static TokenHash Of(ReadOnlySpan<char> token)
    {
        Span<byte> utf8 = stackalloc byte[256];
        Span<byte> hash = stackalloc byte[32];
        if (!Encoding.UTF8.TryGetBytes(token, utf8, out var length))
            return default;

        SHA256.HashData(utf8[..length], hash);
        return From(hash);
    }

    /// <param name="hash">32 bytes.</param>
    public static TokenHash From(ReadOnlySpan<byte> hash) => new(
        BinaryPrimitives.ReadUInt64BigEndian(hash),
        BinaryPrimitives.ReadUInt64BigEndian(hash[8..]),
        BinaryPrimitives.ReadUInt64BigEndian(hash[16..]),
        BinaryPrimitives.ReadUInt64BigEndian(hash[24..]));

    public byte[] ToArray()
    {
        var bytes = new byte[32];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, A);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8), B);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(16), C);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(24), D);
        return bytes;
    }
}

public static class Token
{
    /// <returns>43 base64url characters: 256 random bits.</returns>
    public static string Create() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
}

public enum CredentialKind
{
    /// <summary>The owner's, for <c>/core/protected</c>; <see cref="Credential.Holder"/> is the device's id.</summary>
    Device,

    /// <summary>An app's own, for the internal listener; the holder is the app's name.</summary>
    App,

    /// <summary>A device's for one app's private paths; the holder is the device's id.</summary>
    AppSession,

    /// <summary>The owner's for one app's private paths, by HTTP Basic; the holder is the password's id.</summary>
    AppPassword,

    /// <summary>The code of a recovery sheet, which pairs one device; the holder is the sheet's id.</summary>
    Recovery,
}

/// <param name="App">With <see cref="CredentialKind.AppSession"/> and <see cref="CredentialKind.AppPassword"/>, the only app it is valid for.</param>
/// <param name="ExpiresAt">Null if it is valid until it is revoked.</param>
public sealed record Credential(CredentialKind Kind, string Holder, string? App, DateTimeOffset? ExpiresAt);

/// <summary>Table <c>credentials</c>. What is written here belongs to the session and takes effect when that commits.</summary>
public interface ICredentials
{
    void Issue(IDocumentSession session, TokenHash hash, Credential credential);

    /// <summary>Extends a session that is in use. Does nothing if there is no such credential.</summary>
    void Extend(IDocumentSession session, TokenHash hash, DateTimeOffset expiresAt);

    /// <summary>Deletes every credential of one kind that a device, an app or a password has.</summary>
    void Revoke(IDocumentSession session, CredentialKind kind, string holder);

    /// <summary>Deletes every credential that an app has, and the sessions and passwords that are valid for that app.</summary>
    void RevokeAllOfApp(IDocumentSession session, string app);
}
