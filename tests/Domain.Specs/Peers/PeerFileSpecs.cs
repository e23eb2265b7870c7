using FsCheck;
using FsCheck.Fluent;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Tests;

namespace PeerRegistry.Domain.Specs.Peers;

public sealed class PeerFileSpecs
{
    private static readonly PortalId Id = PublicKey.Ed25519([.. Enumerable.Repeat((byte)9, 32)]).Id;

    [Fact]
    public void A_table_is_read_by_the_names_of_its_columns()
    {
        var lines = PeerFile.Read("\uFEFFNote;ID;more;Name;Circles\r\nlends books;abcdef;x; Chloé ;family|work\r\n");
        Assert.Equivalent(new PeerLine(2, "abcdef", "Chloé", null, "lends books", ["family", "work"]), Assert.Single(lines), strict: true);
    }

    [Fact]
    public void Broken_lines_of_a_table_are_told_apart() => Assert.Equal(
        ["2 abcdef", "3 broken", "4 broken", "5 "],
        PeerFile.Read("id,name\nabcdef\nab\"c,x\na,b,c\n,d\n").Select(line => $"{line.Line} {(line.IsBroken ? "broken" : line.Id)}"));

    [Theory]
    [InlineData(""), InlineData("\n\n"), InlineData("name,domain\na,b\n"), InlineData("id,name\n"), InlineData("id\n\0"), InlineData("id\na\uFFFD")]
    [InlineData("\"id\nabcdef\n"), InlineData("BEGIN:VCARD\n")]
    public void What_is_no_contact_list_is_refused(string text)
    {
        if (text == "BEGIN:VCARD\n")
            Assert.True(Assert.Single(PeerFile.Read(text)).IsBroken);
        else
            Assert.Equal("import_invalid", Assert.Throws<RefusedException>(() => PeerFile.Read(text)).Code);
    }

    [Fact]
    public void More_than_two_thousand_peers_are_refused()
    {
        Assert.Equal(2000, PeerFile.Read("id\n" + string.Concat(Enumerable.Repeat("abcdef\n", 2000))).Count);
        Assert.Equal("import_too_large", Assert.Throws<RefusedException>(() => PeerFile.Read("id\n" + string.Concat(Enumerable.Repeat("abcdef\n", 2001)))).Code);
    }

    [Fact]
    public void A_card_of_an_address_book_is_read_by_the_ID_in_its_address()
    {
        var line = Assert.Single(PeerFile.Read(
            "begin:vcard\r\nversion:3.0\r\nN:Doe;Jane;;;\r\nFN;CHARSET=\"a:b\":Jane\\, the\r\n  \\nDoe\r\nitem1.URL:https://blog.test/\r\n"
            + "item2.URL;TYPE=home:https://abcdef.zone.test:8443/#abcdefgh\r\nNOTE:lends\\nbooks\\; often\r\nCATEGORIES:family,a\\,b\r\nEND:VCARD\r\n"));
        Assert.Equivalent(new PeerLine(1, "abcdefgh", "Jane, the \nDoe", "abcdef.zone.test:8443", "lends\nbooks; often", ["family", "a,b"]), line, strict: true);
    }

    [Fact]
    public void A_card_without_an_ID_is_a_line_without_one() =>
        Assert.Null(Assert.Single(PeerFile.Read("BEGIN:VCARD\nVERSION:4.0\nFN:Jane\nTEL:1\nEND:VCARD\n")).Id);

    [Fact]
    public void A_card_without_an_end_is_broken() => Assert.Equal(
        ["1 True", "3 False"],
        PeerFile.Read("BEGIN:VCARD\nFN:Jane\nBEGIN:VCARD\nFN:Joe\nEND:VCARD\n").Select(line => $"{line.Line} {line.IsBroken}"));

    [Property]
    public void A_list_that_is_written_is_read_again_and_no_line_of_a_card_is_too_long()
    {
        var text = Gen.Elements("a", "=", "'", "\"", ",", ";", ":", "\\", "\n", "\\n", " ", "é", "🐝", "END:VCARD", "0123456789").ListOf()
            .Select(parts => PeerFile.Text(DisplayName.ClaimedText(string.Concat(parts), 1000, lines: true)));
        var peers = from name in text.Select(DisplayName.Claimed)
                    from note in text
                    from circles in text.Select(DisplayName.Claimed).ListOf().Select(all => all.OfType<string>().ToArray())
                    select (Peer: new Peer { Typed = TypedPortalId.Of(Id), Petname = name, ClaimedName = "Ada", Domain = $"{Id.Short}.zone", Note = note }, circles);
        Check.QuickThrowOnFailure(Prop.ForAll(peers.ListOf().Where(all => all.Count > 0).ToArbitrary(), written =>
        {
            var table = PeerTable.Write(written.Select(one => (one.Peer, (IReadOnlyList<string>)one.circles, "mutual")));
            var cards = PeerCards.Write(written.Select(one => (one.Peer, (IReadOnlyList<string>)one.circles)));
            Assert.All(cards.Split("\r\n"), line => Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(line), 0, 75));
            foreach (var read in new[] { PeerFile.Read(table), PeerFile.Read(cards) })
            {
                Assert.Equal(
                    written.Select(one => Shown(Id.Value, one.Peer.Petname, one.Peer.Domain, one.Peer.Note, one.circles)),
                    read.Select(line => Shown(line.Id, line.Name, line.Domain, line.Note, line.Circles)));
            }
        }));
    }

    [Property]
    public void No_text_makes_reading_fail_in_another_way_than_by_a_refusal()
    {
        var texts = Gen.Elements("BEGIN:VCARD", "END:VCARD", "\r\n", "\n", " ", "id", "name", ",", ";", "\"", "\\", ":", "URL:https://", "URL:", "#", "FN:", "a", "\0", "X-PORTAL-ID:")
            .ListOf().Select(string.Concat);
        Check.QuickThrowOnFailure(Prop.ForAll(texts.ToArbitrary(), text =>
        {
            try
            {
                PeerFile.Read(text);
            }
            catch (RefusedException refused)
            {
                Assert.Equal("import_invalid", refused.Code);
            }
        }));
    }

    private static string Shown(string? id, string? name, string? domain, string? note, IEnumerable<string> circles) =>
        string.Join('\0', [id, name, domain, note, .. circles.Select(circle => circle.Trim())]);
}
