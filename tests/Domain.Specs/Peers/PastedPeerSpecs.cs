using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Specs.Peers;

/// <summary>What people paste to add a peer. <c>{id}</c> stands for a full ID, <c>{short}</c> for its first six characters.</summary>
public sealed class PastedPeerSpecs
{
    private const string Code = "AAAAAAAAAAAAAAAAAAAAAA";

    private static readonly PortalId Full = PublicKey.Ed25519(Enumerable.Range(3, 32).Select(i => (byte)i).ToArray()).Id;

    [Theory]
    [InlineData("{id}", "{id}", null)]
    [InlineData("{short}", "{short}", null)]
    [InlineData(" {ID}\n", "{id}", null)]
    [InlineData("https://{short}.portal.example/#{id}", "{id}", "{short}.portal.example")]
    [InlineData("https://{short}.portal.example/#{short}", "{short}", "{short}.portal.example")]
    [InlineData("{short}.portal.example#{id}", "{id}", "{short}.portal.example")]
    [InlineData("https://{short}.portal.example:8443/#{id}", "{id}", "{short}.portal.example:8443")]
    [InlineData("HTTPS://{SHORT}.Portal.Example/#{ID}", "{id}", "{short}.portal.example")]
    public void An_ID_is_found_with_and_without_an_address(string text, string id, string? address) =>
        Assert.Equal(new PastedPeer(TypedPortalId.Parse(Filled(id)), address is null ? null : Filled(address), null), PastedPeer.Parse(Filled(text)));

    [Theory]
    [InlineData("https://{short}.portal.example/", "{short}.portal.example")]
    [InlineData("http://{short}.portal.example", "{short}.portal.example")]
    [InlineData("http://{short}.portal.example:8080/", "{short}.portal.example")]
    [InlineData("{short}.portal.example", "{short}.portal.example")]
    [InlineData("{short}.portal.example.", "{short}.portal.example")]
    [InlineData("{short}.portal.example:8443", "{short}.portal.example:8443")]
    [InlineData("https://{short}.portal.example/profile?tab=1#access", "{short}.portal.example")]
    [InlineData("https://{short}.freeshard.cloud/#/welcome", "{short}.freeshard.cloud")]
    [InlineData("https://postcards.{short}.portal.example/album/1", "postcards.{short}.portal.example")]
    [InlineData("This is mine: https://{short}.portal.example/. See you!", "{short}.portal.example")]
    [InlineData("Mine is {short}.portal.example, see you.", "{short}.portal.example")]
    [InlineData("<https://{short}.portal.example>", "{short}.portal.example")]
    [InlineData("https://bücher.example/", "xn--bcher-kva.example")]
    public void An_address_is_found_in_whatever_stands_around_it(string text, string address) =>
        Assert.Equal(new PastedPeer(null, Filled(address), null), PastedPeer.Parse(Filled(text)));

    [Theory]
    [InlineData("https://{short}.portal.example/invite/{id}." + Code)]
    [InlineData("Here: https://{short}.portal.example/invite/{id}." + Code + ".")]
    [InlineData("https://{short}.portal.example/invite/{id}." + Code + "/?utm=mail#top")]
    public void An_invite_is_read_with_its_code(string text) =>
        Assert.Equal(new PastedPeer(TypedPortalId.Of(Full), $"{Full.Short}.portal.example", Code), PastedPeer.Parse(Filled(text)));

    [Theory]
    [InlineData(null, "peer_text_empty")]
    [InlineData("  \n", "peer_text_empty")]
    [InlineData("q69d!", "peer_text_unreadable")]
    [InlineData("Anna", "peer_text_unreadable")]
    [InlineData("abc", "peer_text_unreadable")]
    [InlineData("https://", "peer_text_unreadable")]
    [InlineData("https://192.0.2.7/", "peer_text_unreadable")]
    [InlineData("https://[2001:db8::1]/", "peer_text_unreadable")]
    [InlineData("https://localhost/", "peer_text_unreadable")]
    [InlineData("https://anna:secret@abcdef.portal.example/", "peer_text_unreadable")]
    [InlineData("ftp://abcdef.portal.example/", "peer_text_unreadable")]
    [InlineData("javascript:alert(1)", "peer_text_unreadable")]
    [InlineData("https://ab_cd.example/", "peer_text_unreadable")]
    [InlineData("anna@portal.example", "peer_text_email")]
    [InlineData("mailto:anna@portal.example", "peer_text_email")]
    [InlineData("https://{short}.portal.example/invite/{id}.AAAA", "invite_incomplete")]
    [InlineData("https://{short}.portal.example/invite/{short}." + Code, "invite_incomplete")]
    public void What_names_no_Portal_is_refused_with_its_own_sentence(string? text, string code) =>
        Assert.Equal(code, Assert.Throws<RefusedException>(() => PastedPeer.Parse(text is null ? null : Filled(text))).Code);

    [Fact]
    public void A_very_long_text_is_not_read() =>
        Assert.Equal("peer_text_unreadable", Assert.Throws<RefusedException>(() => PastedPeer.Parse($"https://abcdef.portal.example/{new string('a', 2000)}")).Code);

    [Fact]
    public void No_refusal_recites_an_alphabet()
    {
        foreach (var text in new[] { "q69d!", "", "a@b.c", "https://abcdef.portal.example/invite/x" })
            Assert.DoesNotContain(HumanEncoding.Alphabet, Assert.Throws<RefusedException>(() => PastedPeer.Parse(text)).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(HumanEncoding.Alphabet, Assert.Throws<RefusedException>(() => TypedPortalId.Parse("!")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("abcdef.portal.example", "abcdef")]
    [InlineData("events.example", "events")] // looks like one, so it is asked before it is believed
    [InlineData("www.example", null)]
    public void The_host_gives_the_ID_only_where_nobody_answers(string host, string? likely) =>
        Assert.Equal(likely, PastedPeer.Parse(host).LikelyId?.Value);

    private static string Filled(string text) => text
        .Replace("{id}", Full.Value, StringComparison.Ordinal).Replace("{ID}", Full.Value.ToUpperInvariant(), StringComparison.Ordinal)
        .Replace("{short}", Full.Short.Value, StringComparison.Ordinal).Replace("{SHORT}", Full.Short.Value.ToUpperInvariant(), StringComparison.Ordinal);
}
