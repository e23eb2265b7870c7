using System.Collections.Concurrent;
using System.Net;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Devices;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>Under load: a request that sets out after the owner's no was acknowledged is never granted.</summary>
public sealed class RevocationRaceTests(TwoPortals two) : IClassFixture<TwoPortals>
{
    private const string Paths = """{ "": { "access": "private" }, "/peer": { "access": "peer" } }""";

    [Fact]
    public async Task After_a_peer_was_hidden_blocked_or_removed_none_of_its_calls_is_granted()
    {
        var app = await two.App(Paths, Visibility.All);
        var bob = TypedPortalId.Of(two.Bob.Id);
        Task<Said> Call() => two.AskSigned(app, "/peer");
        await GrantedUntil(Call, () => two.Ada.Send(new SetVisibility(two.Ada.Id, app, VisibilityMode.None, [])));
        await two.Ada.Send(new SetVisibility(two.Ada.Id, app, VisibilityMode.Some, [bob]));
        await GrantedUntil(Call, () => two.Ada.Send(new BlockPeer(two.Ada.Id, bob)));
        await two.Ada.Send(new UnblockPeer(two.Ada.Id, bob));
        await GrantedUntil(Call, () => two.Ada.Remove(two.Bob));

        // Added again, it is seen by the app for which it was chosen; forgotten, it is not.
        await two.Ada.Add(two.Bob);
        await Eventually.Mutual(two.Ada, two.Bob);
        Assert.Equal(HttpStatusCode.OK, (await Call()).Status);
        await two.Ada.Remove(two.Bob, forget: true);
        await two.Ada.Add(two.Bob);
        await Eventually.Mutual(two.Ada, two.Bob);
        Assert.Equal(HttpStatusCode.Unauthorized, (await Call()).Status);
    }

    [Fact]
    public async Task After_a_device_was_revoked_none_of_its_requests_is_granted()
    {
        var app = await two.App(Paths);
        using var phone = await two.Ada.Owner("Phone");
        var session = (await phone.Post($"/core/protected/apps/{app}/session")).Json.GetProperty("token").GetString()!;
        var id = two.Ada.Snapshot.Devices.Values.Single(device => device.Name == "Phone").Id;
        await GrantedUntil(() => two.Ask(app, "/", headers: HttpCalls.Bearer(session)), () => two.Ada.Send(new RevokeDevice(two.Ada.Id, id)));
    }

    private static async Task GrantedUntil(Func<Task<Said>> call, Func<Task> no)
    {
        var (granted, late, stop) = (0, new ConcurrentBag<HttpStatusCode>(), false);
        var acknowledged = false;
        var callers = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (!Volatile.Read(ref stop))
            {
                var after = Volatile.Read(ref acknowledged);
                var answer = await call();
                if (after)
                    late.Add(answer.Status);
                else if (answer.Status == HttpStatusCode.OK)
                    Interlocked.Increment(ref granted);
            }
        })).ToList();

        while (Volatile.Read(ref granted) < 50)
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        await no();
        Volatile.Write(ref acknowledged, true);
        while (late.Count < 50)
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        Volatile.Write(ref stop, true);
        await Task.WhenAll(callers);
        Assert.DoesNotContain(HttpStatusCode.OK, late);
    }
}
