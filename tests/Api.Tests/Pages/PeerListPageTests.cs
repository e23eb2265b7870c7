using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Pages;

/// <summary>Many peers at once, in a browser with scripts and without.</summary>
[Collection(nameof(Browsing))]
public sealed class PeerListPageTests(Browsing browsing) : BrowserTests(browsing)
{
    [Theory, InlineData(true), InlineData(false)]
    public async Task Several_peers_are_changed_at_once_after_one_question(bool scripts)
    {
        var a = await Browsing.Move("Ada");
        var keys = Enumerable.Range(1, 60).Select(i => PublicKey.Ed25519([.. Enumerable.Repeat((byte)(i + 100), 32)])).ToList();
        await new TestStore(a.Services).Append(
            new Changes(a.Id, Actor.System, [.. keys.Select((key, i) => PeerListTests.Household.Peer(key, $"Peer {i:00}", null, i < 55 ? "from the fair" : null, []))]), default);
        var owner = await Browsing.Owner(a, scripts);

        await owner.Open(a, "/peers");
        await owner.GetByLabel("Choose Peer 07", new() { Exact = true }).CheckAsync();
        await owner.GetByLabel("Choose Peer 11", new() { Exact = true }).CheckAsync();
        await owner.GetByLabel("With those that you tick").SelectOptionAsync("block");
        await owner.Press("Continue");
        Assert.Equal("Block 2 peers?", await owner.Locator("h1").InnerTextAsync());
        await owner.Press("Yes, for all of them");
        await owner.Sees("Done, for all that you chose");
        Assert.Equal(["Peer 07", "Peer 11"], a.Snapshot.Peers.Values.Where(peer => peer.Blocked).Select(peer => peer.Name).Order());

        await owner.Open(a, "/peers?text=FAIR");
        await owner.GetByLabel("all 55 of this list, not only this page").CheckAsync();
        await owner.GetByLabel("With those that you tick").SelectOptionAsync("remove");
        await owner.Press("Continue");
        Assert.Equal("Remove 55 peers?", await owner.Locator("h1").InnerTextAsync());
        Assert.Contains("and 43 more", await owner.Locator("main").InnerTextAsync(), StringComparison.Ordinal);
        await owner.Press("Yes, for all of them");
        await owner.Sees("Done, for all that you chose");
        Assert.Equal(5, a.Snapshot.Peers.Values.Count(peer => peer.Listed));
        Assert.Equal(55, (await new TestStore(a.Services).ReadStream(a.Id, "peer-", default)).Count(recorded => recorded.Data is PeerRemoved));

        await owner.Press("Continue");
        await owner.Sees("No peer was chosen");
        Assert.Empty(Browsing.Complaints());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_file_of_peers_is_looked_at_and_then_imported(bool scripts)
    {
        var a = await Browsing.Move("Ada");
        var owner = await Browsing.Owner(a, scripts);
        var (one, other) = (PublicKey.Ed25519([.. Enumerable.Repeat((byte)51, 32)]).Id, PublicKey.Ed25519([.. Enumerable.Repeat((byte)52, 32)]).Id);
        await owner.Open(a, "/peers/import");
        await owner.Locator("input[type=file]").SetInputFilesAsync(new FilePayload
        {
            Name = "peers.csv",
            MimeType = "text/csv",
            Buffer = Encoding.UTF8.GetBytes($"id,name,note,circles\r\n{one},Chloé <b>,\"lends\nbooks\",Family\r\n{other},Bo,,\r\nnonsense!,x,,\r\n"),
        });
        await owner.Press("See what would happen");
        await owner.Sees("New: 2. In your list already: 0. Cannot be added: 1.");
        Assert.Contains("This is not a Portal ID.", await owner.Locator("tbody tr").First.InnerTextAsync(), StringComparison.Ordinal);
        Assert.Empty(a.Snapshot.Peers);

        await owner.Press("Add the new ones");
        await owner.Sees("The new peers are added");
        Assert.Equal(("Chloé <b>", "lends\nbooks"), a.Sees(one) is { } peer ? (peer.Name, peer.Note) : default);
        Assert.Equal("Bo", a.Sees(other)!.Name);
        Assert.Equal(["Family"], a.Snapshot.Circles.All.Where(circle => a.Sees(one)!.Circles.Contains(circle.Id)).Select(circle => circle.Name));
        Assert.Empty(Browsing.Complaints());
    }

    [Fact]
    public async Task No_page_has_a_form_or_list_where_browsers_move_it()
    {
        var all = await Browsing.Furnished();
        var owner = await Browsing.Owner(all.Portal);
        var faults = new List<string>();
        foreach (var path in all.Owners)
        {
            var html = await (await owner.Open(all.Portal, path))!.TextAsync();
            faults.AddRange(Misplaced(html).Select(fault => $"{path}: {fault}"));
        }

        Assert.Empty(faults);
    }

    /// <summary>Blocks inside a paragraph, which a browser closes before them (HTML Living Standard, section 13.1.2.4).</summary>
    private static IEnumerable<string> Misplaced(string html)
    {
        foreach (Match paragraph in
            Regex.Matches(html, @"<p(\s[^>]*)?>(?<inside>.*?)</p>", RegexOptions.Singleline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5)))
        {
            if (Regex.Match(
                paragraph.Groups["inside"].Value, @"<(form|div|ul|ol|dl|table|section|p|h[1-6])[\s>]", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5)) is { Success: true } inside)
                yield return $"{inside.Value} inside of {paragraph.Value[..Math.Min(100, paragraph.Value.Length)]}";
        }
    }
}
