using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Peers;

/// <summary>
/// What two owners compare to be sure that each Portal has the other's key: twelve groups of four digits, the same on both sides (docs/protocol.md,
/// "Comparing in person"). They come from both full IDs, which are hashes of the keys.
/// </summary>
public static class Comparison
{
    public const int Groups = 12;

    private const string Purpose = "peerregistry-comparison-1";
    private const int BytesOfGroup = 5;

    /// <returns>Twelve groups of four digits, 159 bits in all, whichever of the two is named first.</returns>
    public static IReadOnlyList<string> Of(PortalId one, PortalId other)
    {
        var (first, second) = string.CompareOrdinal(one.Value, other.Value) <= 0 ? (one, other) : (other, one);
        var hash = SHA512.HashData(Encoding.ASCII.GetBytes($"{Purpose}\n{first}\n{second}\n"));
        return [.. Enumerable.Range(0, Groups).Select(group => Digits(hash.AsSpan(group * BytesOfGroup, BytesOfGroup)))];
    }

    /// <summary>Forty bits modulo 10,000, so that no group is noticeably more frequent than another.</summary>
    private static string Digits(ReadOnlySpan<byte> bytes)
    {
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        bytes.CopyTo(number[(sizeof(ulong) - BytesOfGroup)..]);
        return (BinaryPrimitives.ReadUInt64BigEndian(number) % 10_000).ToString("D4", CultureInfo.InvariantCulture);
    }
}
