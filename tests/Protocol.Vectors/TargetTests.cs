using System.Text.Json;
using PeerRegistry.Domain.Common;
using PeerRegistry.Infrastructure.HttpSignatures;

namespace PeerRegistry.Protocol.Vectors;

/// <summary>What we sign for an original is what its own normalisation leaves as it is, or nothing.</summary>
public class TargetTests
{
    private static readonly JsonElement File = VectorFile.Read("url-normalisation.json");
    private static readonly JsonElement Differences = VectorFile.Read("url-dotnet-differences.json");

    public static TheoryData<string> Targets => [.. File.GetProperty("targets").EnumerateArray().Select(e => e.Text("rawTarget"))];

    public static TheoryData<string> Authorities => [.. File.GetProperty("authorities").EnumerateArray().Select(e => e.Text("raw"))];

    public static TheoryData<string> Different => [.. Differences.GetProperty("differences").EnumerateArray().Select(e => e.Text("raw"))];

    [Theory]
    [MemberData(nameof(Targets))]
    public void A_target_is_signed_only_when_it_stays_as_it_is(string raw)
    {
        var vector = File.GetProperty("targets").EnumerateArray().Single(e => e.Text("rawTarget") == raw);
        var changed = vector.GetProperty("changed").GetBoolean();

        Assert.Equal(changed, vector.Text("targetUri") != "https://h.example" + raw);
        Assert.Equal(!changed, OriginalTarget.IsUnchanged(raw));
        Assert.Equal(!changed, Signs("h.example", raw));
    }

    [Theory]
    [MemberData(nameof(Authorities))]
    public void An_authority_is_signed_only_when_it_stays_as_it_is(string raw)
    {
        var normal = File.GetProperty("authorities").EnumerateArray().Single(e => e.Text("raw") == raw).GetProperty("targetUri");
        if (OriginalTarget.IsUnchangedUri(raw))
            Assert.Equal(raw, normal.GetString());
    }

    [Theory]
    [InlineData("https://example.org/", true)]
    [InlineData("https://example.org:8443/", true)]
    [InlineData("https://xn--mller-kva.example/", true)]
    [InlineData("https://example.org:443/", false)] // it stays, and then its receiver does not see it
    [InlineData("https://user:pw@example.org/", false)]
    [InlineData("https://EXAMPLE.org/", false)]
    [InlineData("https://example.org:/", false)]
    [InlineData("http://example.org/", false)]
    [InlineData("https://example.org", false)]
    public void Only_a_plain_authority_is_signed(string uri, bool isSigned) => Assert.Equal(isSigned, OriginalTarget.IsUnchangedUri(uri));

    [Theory]
    [MemberData(nameof(Different))]
    public void What_two_libraries_write_differently_is_not_signed(string raw)
    {
        var vector = Differences.GetProperty("differences").EnumerateArray().Single(e => e.Text("raw") == raw);
        if (OriginalTarget.IsUnchangedUri(raw))
            Assert.Equal(raw, vector.Text("requests"));
    }

    private static bool Signs(string authority, string target)
    {
        try
        {
            SignatureMaker.SignRequest(Given.Rsa, "portal-peer", "GET", authority, $"https://{authority}{target}", ContentDigest.Field([]), Given.Now,
                toOriginal: true);
            return true;
        }
        catch (RefusedException e)
        {
            Assert.Equal("path_ambiguous", e.Code);
            return false;
        }
    }
}
