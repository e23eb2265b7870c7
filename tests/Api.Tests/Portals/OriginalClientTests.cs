using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.ForwardAuth;
using PeerRegistry.Application.Devices;

namespace PeerRegistry.Api.Tests.Portals;

/// <summary>What a client that was written for the original core sends, and the members that it reads.</summary>
public sealed class OriginalClientTests(TwoPortals two) : IClassFixture<TwoPortals>
{
    [Fact]
    public async Task It_pairs_with_an_icon_and_finds_its_terminal_by_id_and_name()
    {
        using var anybody = two.Zone.Client();
        var code = (await two.Ada.Send(new CreatePairingCode(two.Ada.Id))).Code;
        var paired = await anybody.Post($"https://{two.Ada.Domain}/core/public/pair/terminal?code={code}", """{"name":"Old phone","icon":"smartphone"}""");
        Assert.Equal(HttpStatusCode.Created, paired.Status);
        var id = paired.Json.GetProperty("id").GetString()!;

        foreach (var path in new[] { $"id/{id}", "name/Old%20phone" })
        {
            var shown = (await two.Owner.Get($"/core/protected/terminals/{path}")).Json;
            Assert.Equal((id, "Old phone", "unknown"), (Text(shown, "id"), Text(shown, "name"), Text(shown, "icon")));
            Assert.NotEqual(default, shown.GetProperty("last_connection").GetDateTimeOffset());
        }

        var renamed = await two.Owner.Put($"/core/protected/terminals/id/{id}", """{"name":"Older phone","icon":"tablet"}""");
        Assert.Equal("Older phone", Text(renamed.Json, "name"));
        Assert.Equal("device_unknown", (await two.Owner.Get("/core/protected/terminals/name/Old%20phone")).Code);
        Assert.Equal(HttpStatusCode.NoContent, (await two.Owner.Delete($"/core/protected/terminals/id/{id}")).Status);
        Assert.Equal("device_unknown", (await two.Owner.Get($"/core/protected/terminals/id/{id}")).Code);
        Assert.Equal("device_unknown", (await two.Owner.Delete($"/core/protected/terminals/id/{id}")).Code);
    }

    [Fact]
    public async Task It_reads_the_key_of_a_peer_and_whether_the_core_is_healthy()
    {
        var peer = (await two.Owner.Get($"/core/protected/peers/{two.Bob.Id.Short}")).Json;
        Assert.Equal(two.Bob.Snapshot.Portal.Key.Pem, Text(peer, "public_bytes_b64"));
        using var anybody = two.Zone.Client();
        Assert.Equal("""{"status":"ok"}""", (await anybody.Get($"https://{two.Ada.Domain}/core/public/health")).Body);
    }

    [Fact]
    public async Task It_edits_the_profile_as_the_default_identity()
    {
        const string identities = "/core/protected/identities";
        var row = two.Ada.Snapshot.Portal;
        var changed = await two.Owner.Put(identities, $$"""{"id":"{{row.Id}}","email":"ada@zone.test","description":"Hello"}""");
        Assert.Equal(HttpStatusCode.Created, changed.Status);
        var shown = (await two.Owner.Get($"{identities}/default")).Json;
        Assert.Equal(["id", "name", "email", "description", "is_default", "public_key_pem", "domain"], shown.EnumerateObject().Select(member => member.Name));
        Assert.Equal((row.Id.Value, "Ada", "ada@zone.test", "Hello", row.Key.Pem, row.Domain), (
            Text(shown, "id"), Text(shown, "name"), Text(shown, "email"), Text(shown, "description"), Text(shown, "public_key_pem"), Text(shown, "domain")));
        Assert.Equal(shown.GetRawText(), Assert.Single((await two.Owner.Get(identities)).Json.EnumerateArray()).GetRawText());
        Assert.False(two.Ada.Snapshot.Portal.EmailPublic);

        await two.Owner.Put(identities, $$"""{"id":"{{row.Id}}","email":"","description":null}""");
        Assert.Equal((null, null), (two.Ada.Snapshot.Portal.Email, two.Ada.Snapshot.Portal.Description));
        Assert.Equal("identity_single", (await two.Owner.Put(identities, """{"name":"Another"}""")).Code);
        Assert.Equal("identity_unknown", (await two.Owner.Put(identities, $$"""{"id":"{{two.Bob.Id}}","name":"Another"}""")).Code);
    }

    [Fact]
    public async Task It_sends_the_picture_as_a_part_of_a_form()
    {
        const string avatar = "/core/protected/identities/default/avatar";
        using var drawn = new SkiaSharp.SKBitmap(8, 8);
        using var encoded = drawn.Encode(SkiaSharp.SKEncodedImageFormat.Png, 100);
        using var file = new ByteArrayContent(encoded.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue("image/png") } };
        using var form = new MultipartFormDataContent { { file, "file", "me.png" } };
        using var put = await two.Owner.PutAsync(avatar, form, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        Assert.StartsWith("image/", (await two.Owner.Get(avatar)).Answer.Content.Headers.ContentType?.MediaType, StringComparison.Ordinal);

        using var nothing = new MultipartFormDataContent { { new StringContent("x"), "other" } };
        using var refused = await two.Owner.PutAsync(avatar, nothing, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await two.Owner.Delete(avatar)).Status);
        Assert.Equal("avatar_unknown", (await two.Owner.Get(avatar)).Code);
    }

    private static string? Text(JsonElement item, string name) => item.GetProperty(name).GetString();
}
