using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Infrastructure.Peers;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Peers;

/// <summary>Two live Portals for a class of tests, each of which leaves them as strangers.</summary>
public sealed class TwoPortals(TestPostgres postgres) : IAsyncLifetime
{
    internal Neighbourhood Zone { get; private set; } = null!;

    internal LivePortal Ada { get; private set; } = null!;

    internal LivePortal Bob { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Zone = await Neighbourhood.Start(postgres);
        Ada = await Zone.Move("Ada");
        Bob = await Zone.Move("Bob");
    }

    /// <summary>Neither has the other, nothing waits, and nobody's offer is kept.</summary>
    internal async Task Part()
    {
        (Ada.Down, Bob.Down, Ada.LosesAnswer, Bob.LosesAnswer) = (false, false, null, null);
        foreach (var (one, other) in new[] { (Ada, Bob), (Bob, Ada) })
        {
            if (one.Sees(other) is { Blocked: true })
                await one.Unblock(other);
            if (one.Sees(other) is { } row && (row.Listed || row.Key is not null))
                await one.Remove(other, forget: true);
        }

        await Eventually.Holds(async () => !(await Ada.Contact(Bob)).Waiting && !(await Bob.Contact(Ada)).Waiting, null, 60);
        await Task.WhenAll(new[] { Ada, Bob }.Select(one => one.Services.GetRequiredService<CallFollowUp>().FollowUp(default)));
    }

    public async ValueTask DisposeAsync()
    {
        if (Zone is not null)
            await Zone.DisposeAsync();
    }
}
