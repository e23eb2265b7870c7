using System.Globalization;
using System.Numerics;
using System.Text;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Keys;

namespace PeerRegistry.Protocol.Vectors;

/// <summary>RFC 8032: a signature that verifies has one spelling, and a key under which forgeries verify is refused.</summary>
public sealed class SignatureKeysTests
{
    private static readonly BigInteger Order = BigInteger.Pow(
        2, 252) + BigInteger.Parse("27742317777372353535851937790883648493", CultureInfo.InvariantCulture);

    /// <summary>The eight points of small order, and the other encodings of them that a lenient decoder reads.</summary>
    public static TheoryData<string> SmallOrderKeys() =>
    [
        .. from tail in new[] { 0x00, 0x80 } // the sign bit
           from key in new[]
           {
               "0000000000000000000000000000000000000000000000000000000000000000", // order 4
               "0100000000000000000000000000000000000000000000000000000000000000", // the identity
               "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", // order 8
               "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", // order 8
               "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // order 2
               "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p, which is 0
               "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p + 1, which is the identity
           }
           let bytes = Convert.FromHexString(key)
           select Convert.ToHexString([.. bytes[..^1], (byte)(bytes[^1] | tail)]),
    ];

    /// <summary>
    /// With such a key A, R the identity and S = 0, the equation S·B = R + k·A holds whenever k is a multiple of A's order, so for at least one
    /// message in eight.
    /// </summary>
    [Theory]
    [MemberData(nameof(SmallOrderKeys))]
    public void A_key_of_small_order_verifies_no_signature(string key)
    {
        var weak = PublicKey.Ed25519(Convert.FromHexString(key));
        var forged = new byte[64];
        forged[0] = 1;

        Assert.DoesNotContain(Enumerable.Range(0, 100), i => SignatureKeys.Verify(weak, Encoding.ASCII.GetBytes($"message {i}"), forged));
    }

    [Fact]
    public void A_signature_whose_S_is_not_reduced_is_refused()
    {
        var message = "message"u8;
        var signature = new byte[64];
        Given.Ed25519.Sign(message, signature);
        Assert.True(SignatureKeys.Verify(Given.Ed25519.Public, message, signature));

        var s = new BigInteger(signature.AsSpan(32), isUnsigned: true) + Order;
        var respelled = new byte[64];
        signature.AsSpan(0, 32).CopyTo(respelled);
        Assert.True(s.TryWriteBytes(respelled.AsSpan(32), out _, isUnsigned: true));

        Assert.False(SignatureKeys.Verify(Given.Ed25519.Public, message, respelled));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(65)]
    public void A_signature_of_another_length_is_refused(int length) =>
        Assert.False(SignatureKeys.Verify(Given.Ed25519.Public, "message"u8, new byte[length]));
}
