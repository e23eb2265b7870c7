using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Portals;

public enum KeyKind
{
    Ed25519,
    Rsa,
}

/// <summary>
/// A Portal's public key: Ed25519 (RFC 8410) or RSA with at least 2048 bits and exponent 65537, as SubjectPublicKeyInfo PEM with
/// 64-column lines, <c>\n</c> and a trailing <c>\n</c>. Any other encoding would hash to another ID. In JSON it is the PEM text.
/// </summary>
[JsonConverter(typeof(PublicKeyJson))]
public sealed class PublicKey : IEquatable<PublicKey>
{
    private const int MaxPemLength = 4096;
    private static readonly byte[] Ed25519Header = Convert.FromHexString("302a300506032b6570032100");
    private static readonly byte[] Exponent65537 = [1, 0, 1];

    private PublicKey(string pem, KeyKind kind, ReadOnlyMemory<byte> subjectPublicKeyInfo)
    {
        Pem = pem;
        Kind = kind;
        SubjectPublicKeyInfo = subjectPublicKeyInfo;
        Id = PortalId.Of(pem);
    }

    public string Pem { get; }

    public KeyKind Kind { get; }

    /// <summary>The DER encoding.</summary>
    public ReadOnlyMemory<byte> SubjectPublicKeyInfo { get; }

    public PortalId Id { get; }

    /// <param name="key">32 bytes.</param>
    public static PublicKey Ed25519(ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, 32, nameof(key));
        return Parse(PemOf([.. Ed25519Header, .. key]));
    }

    /// <exception cref="RefusedException"><c>key_malformed</c>; <c>key_weak</c>; <c>key_type_unknown</c></exception>
    public static PublicKey Parse(string? pem)
    {
        if (pem is null or { Length: > MaxPemLength } || !PemEncoding.TryFind(pem, out var fields) || !pem.AsSpan()[fields.Label].SequenceEqual("PUBLIC KEY"))
            throw Refused("key_malformed", "The public key is not a PEM with the label PUBLIC KEY.");

        var der = new byte[fields.DecodedDataLength];
        if (!Convert.TryFromBase64Chars(pem.AsSpan()[fields.Base64Data], der, out var length) || length != der.Length || PemOf(der) != pem)
            throw Refused("key_malformed", "The public key's PEM needs 64-column lines, single newlines and a trailing newline.");

        if (der.Length == Ed25519Header.Length + 32 && der.AsSpan().StartsWith(Ed25519Header))
            return new PublicKey(pem, KeyKind.Ed25519, der);

        RequireSoundRsa(der);
        return new PublicKey(pem, KeyKind.Rsa, der);
    }

    /// <returns>The 32 bytes of an Ed25519 key.</returns>
    public ReadOnlySpan<byte> Ed25519Bytes => Kind == KeyKind.Ed25519
        ? SubjectPublicKeyInfo.Span[Ed25519Header.Length..]
        : throw new InvalidOperationException("Not an Ed25519 key.");

    public static bool operator ==(PublicKey? one, PublicKey? other) => one is null ? other is null : one.Equals(other);

    public static bool operator !=(PublicKey? one, PublicKey? other) => !(one == other);

    public bool Equals(PublicKey? other) => other is not null && Pem == other.Pem;

    public override bool Equals(object? obj) => Equals(obj as PublicKey);

    public override int GetHashCode() => Pem.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Id.Value;

    private static void RequireSoundRsa(byte[] der)
    {
        using var rsa = RSA.Create();
        RSAParameters parameters;
        try
        {
            rsa.ImportSubjectPublicKeyInfo(der, out _);
            parameters = rsa.ExportParameters(includePrivateParameters: false);
        }
        catch (CryptographicException)
        {
            throw Refused("key_type_unknown", "Only Ed25519 and RSA keys are accepted.");
        }

        if (!rsa.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(der))
            throw Refused("key_malformed", "The public key's DER is not canonical.");
        if (rsa.KeySize < 2048 || !parameters.Exponent.AsSpan().SequenceEqual(Exponent65537))
            throw Refused("key_weak", "An RSA key needs at least 2048 bits and the exponent 65537.");
    }

    private static string PemOf(ReadOnlySpan<byte> der) => new StringBuilder(PemEncoding.WriteString("PUBLIC KEY", der)).Append('\n').ToString();

    private static RefusedException Refused(string code, string message) => new(RefusalKind.Invalid, code, message);

    private sealed class PublicKeyJson : JsonConverter<PublicKey>
    {
        public override PublicKey Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString());

        public override void Write(Utf8JsonWriter writer, PublicKey value, JsonSerializerOptions options) => writer.WriteStringValue(value.Pem);
    }
}
