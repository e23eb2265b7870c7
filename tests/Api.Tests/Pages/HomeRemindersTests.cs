using System.Net;
using Npgsql;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Devices;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Pages;

/// <summary>What Home says to an owner who could lose everything, and the recovery sheet as a page.</summary>
public sealed class HomeRemindersTests(TestPostgres postgres) : IAsyncLifetime
{
    private Neighbourhood zone = null!;
    private LivePortal portal = null!;
    private HttpClient owner = null!;

    public async ValueTask InitializeAsync()
    {
        zone = await Neighbourhood.Start(postgres);
        portal = await zone.Move("Ada");
        owner = await portal.Owner();
    }

    public async ValueTask DisposeAsync()
    {
        owner.Dispose();
        await portal.DisposeAsync();
        await zone.DisposeAsync();
    }

    [Fact]
    public async Task An_owner_with_one_device_is_reminded_until_there_is_a_sheet_or_a_second_device()
    {
        Assert.True(await HomeHas("id=\"safety\""));
        await portal.Send(new MakeRecoverySheet(portal.Id));
        Assert.False(await HomeHas("id=\"safety\""));
        await portal.Send(new RevokeRecoverySheet(portal.Id));
        Assert.True(await HomeHas("id=\"safety\""));
        using var second = await portal.Owner("Second");
        Assert.False(await HomeHas("id=\"safety\""));
    }

    [Fact]
    public async Task An_owner_is_reminded_when_there_was_no_backup_for_a_month()
    {
        Assert.False(await HomeHas("id=\"backup\""));
        zone.Clock.Advance(TimeSpan.FromDays(31));
        Assert.True(await HomeHas("id=\"backup\""));
        await using var database = NpgsqlDataSource.Create(portal.Database);
        await using var record = database.CreateCommand("insert into registry.backups (made_at) values ($1)");
        record.Parameters.AddWithValue(zone.Clock.GetUtcNow().AddDays(-3));
        await record.ExecuteNonQueryAsync();
        Assert.False(await HomeHas("id=\"backup\""));
        Assert.True(await HomeHas("Last backup"));
    }

    [Fact]
    public async Task The_sheet_is_shown_once_and_its_code_pairs()
    {
        var page = await owner.Get("/devices/recovery");
        var (cookie, token) = (page.Header("Set-Cookie")!.Split(';')[0], WebUtility.HtmlDecode(page.Body.Split("name=\"form_token\" value=\"")[1].Split('"')[0]));
        using var form = new HttpRequestMessage(HttpMethod.Post, "/devices/recovery")
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["form_token"] = token }),
            Headers = { { "Cookie", cookie } },
        };
        using var made = await owner.SendAsync(form, TestContext.Current.CancellationToken);
        var sheet = await made.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var code = sheet.Split("class=\"code\">")[1].Split('<')[0];
        Assert.DoesNotContain(code, (await owner.Get("/devices/recovery")).Body, StringComparison.Ordinal);
        Assert.NotNull(await portal.Send(new PairDevice(portal.Id, code, "Found again")));
    }

    private async Task<bool> HomeHas(string words) => (await owner.Get("/home")).Body.Contains(words, StringComparison.Ordinal);
}
