using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.Gateway;

/// <summary>What an app answers to a peer is signed by its core and verified by the caller's, whatever somebody between the two does.</summary>
public sealed class SignedAnswerTests(GatewayPair pair) : IClassFixture<GatewayPair>, IDisposable
{
    private const string Mark = "X-Ptl-Answer-Verified";

    private const RegexOptions Lines = RegexOptions.Singleline | RegexOptions.Multiline;

    private static readonly string Long = string.Concat(Enumerable.Repeat("long ", 50_000));

    private static readonly string[] Words =
        ["verified end to end in both directions", "was not the one that their Portal signed", "does not sign the answers of its apps"];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => pair.Tunnel.Change = null;

    [Theory]
    [InlineData("GET", "/peer/short", 200)]
    [InlineData("GET", "/peer/none", 204)]
    [InlineData("GET", "/peer/gone", 410)]
    [InlineData("GET", "/peer/long", 200)]
    [InlineData("GET", "/peer/chunks", 200)]
    [InlineData("HEAD", "/peer/long", 200)]
    [InlineData("POST", "/peer/short", 200)]
    public async Task An_answer_arrives_verified(string method, string target, int status)
    {
        using var caller = await pair.Caller(await pair.App(Answer));
        var answer = await caller.Say(new HttpMethod(method), pair.Call(target));
        Assert.Equal((status, "1"), ((int)answer.Status, answer.Header(Mark)));
        Assert.Equal(method == "HEAD" ? "" : Body(target), answer.Body);
        Assert.All(["Signature", "Signature-Input", "Content-Digest", "Trailer"], name => Assert.Null(answer.Header(name)));
    }

    [Fact]
    public async Task A_refusal_of_the_core_and_an_answer_to_nobody_known_are_not_signed()
    {
        var app = await pair.App(Answer);
        using var caller = await pair.Caller(app);
        var refused = await caller.Get(pair.Call("/private"));
        Assert.Equal((HttpStatusCode.Forbidden, null), (refused.Status, refused.Header(Mark)));
        var open = await pair.Anybody.Get(pair.Url(app, "/open/short"));
        Assert.Equal((HttpStatusCode.OK, null), (open.Status, open.Header("Signature")));
    }

    [Theory]
    [InlineData("short", "lorem", "lorEm")] // the body
    [InlineData("short", "HTTP/1.1 200 OK", "HTTP/1.1 202 Accepted")]
    [InlineData("short", "Signature: sig1=:..", "Signature: sig1=:AA")]
    [InlineData("short", "created=17", "created=16")]
    [InlineData("none", "HTTP/1.1 204 No Content", "HTTP/1.1 200 OK\r\nContent-Length: 0")]
    [InlineData("gone", "HTTP/1.1 410 Gone", "HTTP/1.1 200 OK")]
    public async Task A_changed_answer_is_refused(string what, string from, string to)
    {
        using var caller = await pair.Caller(await pair.App(Answer));
        pair.Tunnel.Change = sent => Regex.Replace(sent, from, to);
        var answer = await caller.Get(pair.Call("/peer/" + what));
        Assert.Equal((HttpStatusCode.BadGateway, "answer_forged"), (answer.Status, answer.Code));
    }

    [Theory]
    [InlineData("long ", "lonG ")] // the body
    [InlineData("^0\r\nContent-Digest: .*\r\n\r\n", "0\r\n\r\n")] // the trailers are cut off
    [InlineData("^0\r\nContent-Digest: (.*?)\r\n", "0\r\nContent-Digest: $1\r\nContent-Digest: $1\r\n")]
    [InlineData("^Signature: (.*?)\r\n", "Signature: $1\r\nSignature: $1\r\n")]
    [InlineData("^0\r\n(?=Content-Digest)", "4\r\nmore\r\n0\r\n")]
    [InlineData("^0\r\nContent-Digest.*", "")] // it ends early
    public async Task The_end_of_a_changed_long_answer_is_withheld(string from, string to)
    {
        foreach (var target in new[] { "/peer/long", "/peer/chunks" })
        {
            using var caller = await pair.Caller(await pair.App(Answer));
            pair.Tunnel.Change = sent => to.Length == 0 && Regex.IsMatch(sent, from, Lines)
                ? throw new IOException("The connection breaks here.")
                : Regex.Replace(sent, from, to, Lines);
            using var answer = await caller.GetAsync(pair.Call(target), HttpCompletionOption.ResponseHeadersRead, Stop);
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => answer.Content.ReadAsStringAsync(Stop).WaitAsync(TimeSpan.FromSeconds(20), Stop));
            pair.Tunnel.Change = null;
        }
    }

    [Fact]
    public async Task An_answer_to_another_call_is_refused()
    {
        using var caller = await pair.Caller(await pair.App(Answer));
        var recorded = new StringBuilder();
        pair.Tunnel.Change = sent => recorded.Append(sent) is null ? "" : sent;
        Assert.Equal("1", (await caller.Get(pair.Call("/peer/short"))).Header(Mark));

        pair.Tunnel.Change = _ => recorded.ToString();
        Assert.Equal("answer_forged", (await caller.Get(pair.Call("/peer/short"))).Code);
    }

    /// <summary>As of a peer behind a proxy that asks its core. The app can tell.</summary>
    [Fact]
    public async Task An_answer_without_a_signature_passes_without_the_mark()
    {
        using var caller = await pair.Caller(await pair.App(Answer));
        pair.Tunnel.Change = sent => Regex.Replace(sent, "(Signature|Signature-Input|Content-Digest|Trailer): .*?\r\n", "");
        foreach (var target in new[] { "/peer/short", "/peer/long" })
        {
            var answer = await caller.Get(pair.Call(target));
            Assert.Equal((HttpStatusCode.OK, null, Body(target)), (answer.Status, answer.Header(Mark), answer.Body));
        }
    }

    [Fact]
    public async Task The_owner_sees_whether_the_last_answer_was_signed()
    {
        using var caller = await pair.Caller(await pair.App(Answer));
        await caller.Get(pair.Call("/peer/long"));
        Assert.Equal((AnswerProofState.Verified, Words[0]), await Seen());

        pair.Tunnel.Change = sent => sent.Replace("lorem", "lorEm", StringComparison.Ordinal);
        await caller.Get(pair.Call("/peer/short"));
        Assert.Equal((AnswerProofState.Forged, Words[1]), await Seen());

        pair.Tunnel.Change = sent => Regex.Replace(sent, "(Signature|Signature-Input|Content-Digest): .*?\r\n", "");
        await caller.Get(pair.Call("/peer/short"));
        Assert.Equal((AnswerProofState.Unsigned, Words[2]), await Seen());

        async Task<(AnswerProofState, string)> Seen()
        {
            var view = await pair.Bob.Send(new ShowPeer(pair.Bob.Id, TypedPortalId.Of(pair.Ada.Id)));
            using var owner = await pair.Bob.Owner("Laptop");
            var page = (await owner.Get($"/peers/{pair.Ada.Id.Short}", ("Accept", "text/html"))).Body;
            return (view.Answer!.Value.State, Words.First(words => page.Contains(words, StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task An_app_can_neither_say_that_its_answer_is_verified_nor_sign_it_itself()
    {
        var app = await pair.App(async context =>
        {
            context.Response.Headers[Mark] = "1";
            context.Response.Headers["Content-Digest"] = "sha-256=:AAAA:";
            context.Response.Headers["Signature"] = "sig1=:AAAA:";
            context.Response.Headers["Signature-Input"] = "sig1=();tag=\"portal-peer-response\"";
            await Answer(context);
        });
        using var caller = await pair.Caller(app);
        var answer = await caller.Get(pair.Call("/peer/short"));
        Assert.Equal((HttpStatusCode.OK, "1"), (answer.Status, answer.Header(Mark)));

        var open = await pair.Anybody.Get(pair.Url(app, "/open/short"));
        Assert.Null(open.Header(Mark));
        Assert.Equal("sig1=:AAAA:", open.Header("Signature")); // its own business with whoever asks without a Portal
    }

    private static string Body(string target) => target.Split('/')[^1] switch { "none" => "", "short" or "gone" => "lorem ipsum", _ => Long };

    private static async Task Answer(HttpContext context)
    {
        var what = context.Request.Path.Value!;
        context.Response.StatusCode = what.Split('/')[^1] switch { "none" => 204, "gone" => 410, _ => 200 };
        var body = Encoding.ASCII.GetBytes(Body(what));
        if (body.Length == 0)
            return;
        if (!what.EndsWith("chunks", StringComparison.Ordinal))
            context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await context.Response.Body.WriteAsync(body, Stop);
    }
}
