using System.Net;
using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Common;

public sealed class UnknownHostTests(TestPostgres postgres)
{
    [Fact]
    public async Task A_host_that_is_no_Portals_is_answered_with_NotFound_whatever_Accept_says()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var portal = await zone.Move("Ada");
        await portal.Send(new CreatePortal(KeyKind.Ed25519, Neighbourhood.Zone, "Second")); // while there is one, it answers to any name
        using var edge = new HttpClient { BaseAddress = portal.Edge };
        foreach (var accept in new[] { "image/png", "text/html", "nonsense", "text/html;q=0" })
        {
            foreach (var path in new[] { "/", "/nothing", "/core/public/meta/whoareyou" })
            {
                var said = await edge.Get(path, ("Host", "nobody.test"), ("Accept", accept));
                Assert.True(said.Status == HttpStatusCode.NotFound, $"{path} as {accept}: {said.Status}");
                Assert.Equal(accept == "text/html" ? "text/html" : "application/problem+json", said.Answer.Content.Headers.ContentType?.MediaType);
            }
        }
    }
}
