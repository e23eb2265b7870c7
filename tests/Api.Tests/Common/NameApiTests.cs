using System.Net;
using System.Text.Json;

namespace PeerRegistry.Api.Tests.Common;

public sealed class NameApiTests(EveryRoute routes) : IClassFixture<EveryRoute>
{
    [Theory]
    [InlineData("   ")]
    [InlineData("\u200B")]
    [InlineData("\u3164\u3164")]
    [InlineData("Ann\u202E")]
    [InlineData("one\ntwo")]
    public async Task A_name_that_cannot_be_seen_is_refused_wherever_a_name_is_given(string name)
    {
        using var owner = await routes.Portal.Owner();
        var text = JsonSerializer.Serialize(name);
        var device = routes.Portal.Snapshot.Devices.Keys.First();
        foreach (var (method, path, body) in new[]
                 {
                     ("PUT", "/core/protected/profile", $$"""{"name":{{text}},"email":null,"description":null,"email_public":false}"""),
                     ("PUT", "/core/protected/peers", $$"""{"id":"qqqqqq","name":{{text}}}"""),
                     ("PATCH", $"/core/protected/terminals/{device}", $$"""{"name":{{text}}}"""),
                     ("POST", "/core/public/pair/terminal?code=00000000", $$"""{"name":{{text}}}"""),
                 })
        {
            var refused = await owner.Say(HttpMethod.Parse(method), path, body);
            Assert.Equal((HttpStatusCode.BadRequest, "name_invalid"), (refused.Status, refused.Code));
        }

        var app = await owner.Put("/core/protected/apps/odd", $$"""{"v":"1.2","name":"odd","pretty_name":{{text}},"paths":{"":{"access":"private"} } }""");
        Assert.Equal((HttpStatusCode.BadRequest, "app_meta_invalid"), (app.Status, app.Code));
        Assert.Equal("Ada", routes.Portal.Snapshot.Portal.Name);
    }
}
