using System.Text.Json;

namespace PeerRegistry.Dev.Tests;

/// <summary><c>./run new</c> and <c>./run dev</c>, as an author types them.</summary>
public sealed class DevTests
{
    [Fact]
    public async Task The_links_pair_the_app_starts_again_after_a_change_and_Ctrl_C_leaves_nothing_behind()
    {
        using var author = new AuthorsFolder();
        using var dev = author.Type("PeerRegistry/run new python hello && exec PeerRegistry/run dev hello --peers 1 --original");
        var links = (await dev.Line("READY ")).Split(' ').Skip(1).ToDictionary(link => link.Split('=')[0], link => link.Split('=', 2)[1]);
        Assert.Equal(["anna", "ben", "cleo"], links.Keys.Order());
        Assert.InRange(await KeyLength(await Redirect(links["anna"])), 100, 200); // Ed25519, as PEM
        Assert.InRange(await KeyLength(await Redirect(links["ben"])), 700, 900); // RSA with 4096 bits

        await File.AppendAllTextAsync(Path.Combine(author.Location, "hello/app.py"), "\n# changed\n", Ct);
        await dev.Line("The app runs again.");
        await File.WriteAllTextAsync(Path.Combine(author.Location, "hello/Procfile"), "web: exit 7\n", Ct);
        await dev.Line("Anna      | The app has ended with exit code 7.");

        dev.Interrupt();
        Assert.Equal(0, await dev.Ended());
        Assert.Empty(Directory.GetFileSystemEntries(author.Temporary, "peerregistry-*"));
        Assert.Empty(author.Processes());
    }

    [Fact]
    public async Task A_process_that_runs_already_is_told_what_it_needs_and_its_peers_answer()
    {
        using var author = new AuthorsFolder();
        using var dev = author.Type("exec PeerRegistry/run dev http://127.0.0.1:9 --app-meta PeerRegistry/samples/Postcards/app_meta.json");
        var needs = (await dev.Line("Anna      | http://127.0.0.1:9/ needs PORTAL_CORE_URL=")).Split('=', ' ');
        await dev.Line("READY ");
        using var core = new HttpClient { BaseAddress = new Uri(needs[^3]), DefaultRequestHeaders = { { "Authorization", $"Bearer {needs[^1]}" } } };
        var ben = JsonDocument.Parse(await core.GetStringAsync("/protected/peers", Ct)).RootElement.EnumerateArray().Single();
        Assert.Equal("Ben", ben.GetProperty("name").GetString());
        using var answer = await core.PostAsync($"/internal/call_peer/{ben.GetProperty("id")}/postcards", new StringContent("Ahoy!"), Ct);
        var said = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Ct)).RootElement;
        Assert.Equal(("/postcards", "Anna", "Ahoy!"), (Text("path"), Text("name"), Text("body")));

        dev.Interrupt();
        Assert.Equal(0, await dev.Ended());

        string? Text(string name) => said.GetProperty(name).GetString();
    }

    [Theory]
    [InlineData("new python ../hello", "An app's name has 1 to 63 lower-case letters")]
    [InlineData("new perl hello", "There are apps in python, node and dotnet, not in perl.")]
    [InlineData("new python tmp", "tmp exists already.")]
    [InlineData("dev nowhere", "There is no folder nowhere.")]
    [InlineData("dev tmp", "tmp has no Procfile.")]
    [InlineData("dev http://127.0.0.1:9", "A running process needs --app-meta FILE, the app's description.")]
    [InlineData("dev http://127.0.0.1:9 --app-meta /nowhere", "The app's description cannot be read: ")]
    [InlineData("dev tmp --peers 9", "--peers takes a number up to 5, not 9.")]
    public async Task What_cannot_be_done_is_refused_in_a_sentence(string arguments, string sentence)
    {
        using var author = new AuthorsFolder();
        Directory.CreateDirectory(author.Temporary);
        using var typed = author.Type($"PeerRegistry/run {arguments}");
        Assert.Equal(2, await typed.Ended());
        Assert.Contains(sentence, typed.Said, StringComparison.Ordinal);
        Assert.Equal(["PeerRegistry", "tmp"], Directory.GetFileSystemEntries(author.Location).Select(Path.GetFileName).Order());
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static async Task<Uri> Redirect(string link)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var answer = await http.GetAsync(link, Ct);
        Assert.Equal("/pair", answer.Headers.Location?.AbsolutePath);
        return answer.Headers.Location!;
    }

    /// <returns>The length of a Portal's public key.</returns>
    private static async Task<int> KeyLength(Uri portal)
    {
        using var http = new HttpClient { DefaultRequestHeaders = { Host = portal.Authority } };
        var text = await http.GetStringAsync($"http://127.0.0.1:{portal.Port}/core/public/meta/whoareyou", Ct);
        return JsonDocument.Parse(text).RootElement.GetProperty("public_key_pem").GetString()!.Length;
    }
}
