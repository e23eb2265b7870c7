using System.Text.Json;
using Microsoft.AspNetCore.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Forwarding;

namespace PeerRegistry.Api.Tests.SignedCalls;

/// <summary>How much room the bodies of calls may take on disk. Bodies up to 1 MiB are held in memory and take none.</summary>
public sealed class SpoolTests
{
    private const int MiB = 1 << 20;

    private static readonly (PortalId, string) Mail = (PortalId.Of("self"), "mail");
    private static readonly (PortalId, string) Other = (PortalId.Of("self"), "other");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_beyond_the_budget_of_its_app_is_refused_and_a_smaller_one_is_not(bool chunked)
    {
        await using var rig = await CallRig.Start(ReadToEnd, new() { SpoolBytesPerApp = 4 * MiB });
        Assert.Equal((507, "storage_full"), await Post(rig, 5 * MiB, chunked));
        Assert.Equal((200, null), await Post(rig, 3 * MiB, chunked));
        Assert.Equal((200, null), await Post(rig, 3 * MiB, chunked)); // what the first took was given back
        Assert.Equal((507, "storage_full"), await Post(rig, 5 * MiB, chunked));
        Assert.Equal((200, null), await Post(rig, 3 * MiB, chunked)); // and what the refused one took
    }

    [Fact]
    public async Task Bodies_under_way_at_the_same_time_share_the_budget_of_their_app()
    {
        using var held = new SemaphoreSlim(0);
        await using var rig = await CallRig.Start(
            async context =>
            {
                await ReadToEnd(context);
                await held.WaitAsync(context.RequestAborted);
            },
            new() { SpoolBytesPerApp = 4 * MiB });
        var first = Post(rig, 3 * MiB, chunked: false);
        await Eventually.Holds(() => Task.FromResult(!Fits(rig, Mail, 2 * MiB)));

        Assert.Equal((507, "storage_full"), await Post(rig, 3 * MiB, chunked: true));
        Assert.True(Fits(rig, Other, 3 * MiB)); // another app has a budget of its own
        held.Release(10);
        Assert.Equal((200, null), await first);
        Assert.Equal((200, null), await Post(rig, 3 * MiB, chunked: true));
    }

    [Fact]
    public async Task All_apps_together_have_a_budget_too()
    {
        await using var rig = await CallRig.Start(ReadToEnd, new() { SpoolBytesPerApp = 4 * MiB, SpoolBytes = 6 * MiB });
        rig.Get<Spool>().Take(Other, 4 * MiB);
        Assert.Equal((507, "storage_full"), await Post(rig, 3 * MiB, chunked: false));
        Assert.Equal((200, null), await Post(rig, MiB, chunked: false));

        rig.Get<Spool>().GiveBack(Other, 4 * MiB);
        Assert.Equal((200, null), await Post(rig, 3 * MiB, chunked: false));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_is_refused_before_the_disk_is_full(bool chunked)
    {
        await using var rig = await CallRig.Start(ReadToEnd, new() { SpoolReserve = long.MaxValue / 2 }); // more than any disk has
        Assert.Equal((507, "storage_full"), await Post(rig, 2 * MiB, chunked));
        Assert.Equal((200, null), await Post(rig, MiB, chunked));
    }

    [Fact]
    public async Task A_refusal_says_when_to_try_again()
    {
        await using var rig = await CallRig.Start(ReadToEnd, new() { SpoolBytes = 0 });
        using var answer = await rig.Client.PostAsync(rig.Call("/a"), new ByteArrayContent(new byte[2 * MiB]), Stop);
        Assert.Equal(507, (int)answer.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(10), answer.Headers.RetryAfter?.Delta);
    }

    [Fact]
    public async Task A_body_on_disk_has_no_name_so_that_it_ends_with_the_process_however_that_ends()
    {
        using var held = new SemaphoreSlim(0);
        var arrived = new TaskCompletionSource();
        await using var rig = await CallRig.Start(async context =>
        {
            await ReadToEnd(context);
            arrived.SetResult();
            await held.WaitAsync(context.RequestAborted);
        });
        var sent = Post(rig, 2 * MiB, chunked: false);
        await arrived.Task.WaitAsync(Stop);

        Assert.Empty(Directory.EnumerateFiles(rig.Data, "*", SearchOption.AllDirectories));
        Assert.Contains(OpenFiles(), name => name.StartsWith(rig.Data, StringComparison.Ordinal) && name.EndsWith(" (deleted)", StringComparison.Ordinal));
        held.Release();
        Assert.Equal((200, null), await sent);
        Assert.DoesNotContain(OpenFiles(), name => name.StartsWith(rig.Data, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_a_killed_registry_left_behind_is_deleted_at_the_next_start()
    {
        await using var rig = await CallRig.Start(ReadToEnd);
        var left = Path.Combine(Directory.CreateDirectory(Path.Combine(rig.Data, "calls")).FullName, "left.over");
        await File.WriteAllTextAsync(left, "half a body", Stop);

        await rig.Get<Spool>().StartAsync(Stop);
        Assert.False(File.Exists(left));
    }

    private static bool Fits(CallRig rig, (PortalId, string) app, long bytes)
    {
        try
        {
            rig.Get<Spool>().Check(app, bytes);
            return true;
        }
        catch (Domain.Common.RefusedException refused) when (refused.Code == "storage_full")
        {
            return false;
        }
    }

    private static IEnumerable<string> OpenFiles() => Directory.EnumerateFiles("/proc/self/fd")
        .Select(file => new FileInfo(file).LinkTarget).OfType<string>();

    private static async Task ReadToEnd(HttpContext context)
    {
        await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        context.Response.StatusCode = 200;
    }

    /// <returns>Status, and the code of a refusal.</returns>
    private static async Task<(int Status, string? Code)> Post(CallRig rig, int bytes, bool chunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, rig.Call("/a")) { Content = new ByteArrayContent(new byte[bytes]) };
        request.Headers.TransferEncodingChunked = chunked;
        using var answer = await rig.Client.SendAsync(request, Stop);
        var body = await answer.Content.ReadAsStringAsync(Stop);
        return ((int)answer.StatusCode, answer.IsSuccessStatusCode ? null : JsonDocument.Parse(body).RootElement.GetProperty("code").GetString());
    }
}
