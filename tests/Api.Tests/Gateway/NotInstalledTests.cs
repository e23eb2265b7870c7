using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Apps;
using PeerRegistry.Domain.Apps;

namespace PeerRegistry.Api.Tests.Gateway;

/// <summary>What becomes of a call to an app that the peer does not have.</summary>
public sealed class NotInstalledTests(GatewayPair pair) : IClassFixture<GatewayPair>
{
    private const string Paths = """{ "": { "access": "public" } }""";
    private static int names;

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("POST")]
    public async Task A_mutual_peer_hears_that_the_app_is_not_there(string method)
    {
        using var caller = await pair.Caller(await OnlyBobs());
        var said = await caller.Say(HttpMethod.Parse(method), pair.Call("/peer/x"), method == "POST" ? "{}" : null, ("Accept", "text/html"));
        Assert.Equal(HttpStatusCode.NotFound, said.Status);
        if (method != "HEAD")
            Assert.Equal("app_not_installed", said.Code);
    }

    [Fact]
    public async Task An_app_cannot_say_that_it_is_not_there()
    {
        var app = await pair.App(context =>
        {
            context.Response.StatusCode = 404;
            context.Response.ContentType = "application/problem+json";
            context.Response.Headers["Signature-Input"] = "sig1=();tag=\"portal-core-response\"";
            return context.Response.WriteAsync("""{"status":404,"code":"app_not_installed"}""");
        });
        using var caller = await pair.Caller(app);
        var said = await caller.Get(pair.Call("/peer"));
        Assert.Equal("""{"status":404,"code":"app_not_installed"}""", said.Body); // as the app wrote it, and not in our own words
    }

    [Fact]
    public async Task Everybody_else_gets_the_answer_that_strangers_get()
    {
        var app = await OnlyBobs();
        var stranger = await pair.Anybody.Get(pair.Url(app, "/peer"));
        Assert.Equal((HttpStatusCode.NotFound, "app_unknown"), (stranger.Status, stranger.Code));

        var forged = pair.Signed(app, "/other", "GET", System.Security.Cryptography.SHA256.HashData([]));
        var told = await pair.Anybody.Get(pair.Url(app, "/peer"), forged);
        Assert.Equal(stranger.Body, told.Body);
        Assert.Equal(Names(stranger), Names(told));
        Assert.Null(told.Header("Signature"));

        await pair.Ada.Block(pair.Bob);
        var blocked = await pair.Anybody.Get(pair.Url(app, "/peer"), pair.Signed(app, "/peer", "GET", System.Security.Cryptography.SHA256.HashData([])));
        await pair.Ada.Unblock(pair.Bob);
        Assert.Equal(stranger.Body, blocked.Body);
        Assert.Equal(Names(stranger), Names(blocked));
    }

    [Fact]
    public async Task A_peer_that_is_hidden_from_an_app_is_not_told_that_it_is_not_there()
    {
        var app = await pair.App(context => context.Response.WriteAsync("here"));
        await pair.Ada.Send(new SetVisibility(pair.Ada.Id, app, VisibilityMode.None, []));
        var said = await pair.Anybody.Get(pair.Url(app, "/peer"), pair.Signed(app, "/peer", "GET", System.Security.Cryptography.SHA256.HashData([])));
        Assert.Equal((HttpStatusCode.Unauthorized, "not_authenticated"), (said.Status, said.Code));
    }

    private static IEnumerable<string> Names(Said said) =>
        said.Answer.Headers.Concat(said.Answer.Content.Headers).Select(field => field.Key).Where(name => name != "Date").Order(StringComparer.Ordinal);

    private async Task<string> OnlyBobs()
    {
        var name = $"only{Interlocked.Increment(ref names)}";
        await pair.Bob.Send(new RegisterApp(pair.Bob.Id, name, Encoding.UTF8.GetBytes($$"""{"v":"1.0","name":"{{name}}","paths":{{Paths}}}""")));
        await pair.Bob.Send(new SetVisibility(pair.Bob.Id, name, VisibilityMode.All, []));
        return name;
    }
}
