using System.Net;
using System.Net.Http.Headers;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Portals;

public sealed class AvatarTests(TestPostgres postgres)
{
    [Fact]
    public async Task A_file_that_is_not_a_picture_is_refused_whatever_its_type()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var ada = await zone.Move("Ada");
        using var owner = await ada.Owner();
        foreach (var (bytes, status) in new[] { ("<script>alert(1)</script>"u8.ToArray(), HttpStatusCode.BadRequest),
            (new byte[UploadedPicture.MaxLength + 1], HttpStatusCode.RequestEntityTooLarge) })
        {
            using var body = new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("image/png") } };
            using var refused = await owner.PutAsync("/core/protected/profile/avatar", body);
            Assert.Equal(status, refused.StatusCode);
        }

        Assert.Null(ada.Snapshot.Portal.AvatarSha256);
        Assert.Equal("avatar_unknown", (await owner.Get("/core/public/meta/avatar")).Code);
    }
}
