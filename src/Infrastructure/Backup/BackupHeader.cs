using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NSec.Cryptography;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Infrastructure.Backup;

/// <summary>What deriving the key from the passphrase costs (Argon2id, RFC 9106, one lane).</summary>
internal readonly record struct DerivationCost(int MemoryKib, int Passes)
{
    /// <summary>A quarter of a gigabyte, about a second.</summary>
    public static readonly DerivationCost Usual = new(256 * 1024, 3);

    /// <summary>A file that asks for more is refused, so that a changed header cannot exhaust the memory.</summary>
    public bool IsReasonable => MemoryKib is >= 8 and <= 1024 * 1024 && Passes is >= 1 and <= 16;
}

/// <summary>
/// The beginning of a backup file: a line that names the format, a line of JSON with the parameters, and 32 bytes HMAC-SHA256 of both. The
/// passphrase and the salt yield a root key by Argon2id; the root key yields, by HKDF, the key of the HMAC and the key of the chunks. The
/// latter depends on the HMAC, too, so no chunk opens under another header.
/// </summary>
internal sealed record BackupHeader(DateTimeOffset MadeAt, string Kdf, int MemoryKib, int Passes, byte[] Salt, string Cipher)
{
    private const string Kind = "PeerRegistry backup ";
    private const string Argon2 = "argon2id";
    private const int MacLength = 32;
    private const int LongestLine = 1000;

    private static readonly byte[] FirstLine = Encoding.ASCII.GetBytes($"{Kind}1\n");
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    /// <summary>Writes a header with a new salt.</summary>
    /// <returns>The key of the chunks.</returns>
    public static Key Write(Stream output, string passphrase, DateTimeOffset madeAt, DerivationCost cost)
    {
        var salt = RandomNumberGenerator.GetBytes(PasswordBasedKeyDerivationAlgorithm.Argon2id(Parameters(cost)).MaxSaltSize);
        var header = new BackupHeader(madeAt, Argon2, cost.MemoryKib, cost.Passes, salt, SealedChunks.Name);
        byte[] text = [.. FirstLine, .. JsonSerializer.SerializeToUtf8Bytes(header, Json), (byte)'\n'];
        var (mac, chunks) = header.Derive(passphrase, text);
        output.Write(text);
        output.Write(mac);
        return chunks;
    }

    /// <returns>The header and the key of the chunks, which follow in the input.</returns>
    /// <exception cref="RefusedException"><c>backup_foreign</c>, <c>backup_newer</c>, <c>backup_damaged</c>, <c>passphrase_wrong</c></exception>
    public static (BackupHeader Header, Key Chunks) Read(Stream input, string passphrase)
    {
        var first = ReadLine(input, FirstLine.Length);
        if (!first.AsSpan().SequenceEqual(FirstLine))
            throw Encoding.Latin1.GetString(first).StartsWith(Kind, StringComparison.Ordinal) ? BackupRefusals.Newer() : BackupRefusals.Foreign();

        var second = ReadLine(input, LongestLine);
        var mac = new byte[MacLength];
        if (Parse(second) is not { } header || input.ReadAtLeast(mac, MacLength, throwOnEndOfStream: false) < MacLength)
            throw BackupRefusals.Damaged(0);

        var (expected, chunks) = header.Derive(passphrase, [.. first, .. second]);
        if (CryptographicOperations.FixedTimeEquals(mac, expected))
            return (header, chunks);

        chunks.Dispose();
        throw BackupRefusals.Passphrase();
    }

    /// <summary>Whether the file begins as a backup does. It says nothing about the rest.</summary>
    public static bool Begins(Stream input)
    {
        var begin = new byte[Kind.Length];
        return input.ReadAtLeast(begin, begin.Length, throwOnEndOfStream: false) == begin.Length && Encoding.Latin1.GetString(begin) == Kind;
    }

    private (byte[] Mac, Key Chunks) Derive(string passphrase, byte[] text)
    {
        var phrase = Encoding.UTF8.GetBytes(passphrase);
        var derivation = PasswordBasedKeyDerivationAlgorithm.Argon2id(Parameters(new DerivationCost(MemoryKib, Passes)));
        var bytes = derivation.DeriveBytes(phrase, Salt, 32);
        CryptographicOperations.ZeroMemory(phrase);
        using var root = SharedSecret.Import(bytes, SharedSecretBlobFormat.RawSharedSecret);
        CryptographicOperations.ZeroMemory(bytes);
        using var headerKey = KeyDerivationAlgorithm.HkdfSha256.DeriveKey(root, [], "PeerRegistry backup header"u8, MacAlgorithm.HmacSha256);
        var mac = MacAlgorithm.HmacSha256.Mac(headerKey, text);
        return (mac, KeyDerivationAlgorithm.HkdfSha256.DeriveKey(root, mac, "PeerRegistry backup chunks"u8, SealedChunks.Algorithm));
    }

    private static Argon2Parameters Parameters(DerivationCost cost) =>
        new() { DegreeOfParallelism = 1, MemorySize = cost.MemoryKib, NumberOfPasses = cost.Passes };

    /// <returns>Null if this version cannot have written the line.</returns>
    private static BackupHeader? Parse(byte[] line)
    {
        try
        {
            return JsonSerializer.Deserialize<BackupHeader>(line, Json) is { Kdf: Argon2, Cipher: SealedChunks.Name, Salt.Length: 16 } header
                && new DerivationCost(header.MemoryKib, header.Passes).IsReasonable ? header : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <returns>The bytes up to and with the line feed, or <paramref name="longest"/> bytes without one, or what is left.</returns>
    private static byte[] ReadLine(Stream input, int longest)
    {
        var line = new List<byte>();
        while (line.Count < longest && input.ReadByte() is >= 0 and var next)
        {
            line.Add((byte)next);
            if (next == '\n')
                break;
        }

        return [.. line];
    }
}
