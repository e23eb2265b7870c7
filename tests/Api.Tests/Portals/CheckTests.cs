using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Forwarding;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Portals;

/// <summary>The check says at which step others would fail to reach the Portal, and asks nothing but the Portal's own names.</summary>
public sealed class CheckTests(TestPostgres postgres)
{
    [Fact]
    public async Task Each_step_says_what_was_found()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var clocks = new Clocks();
        var ada = await zone.Move("Ada", services => services.AddSingleton<IPeerClocks>(clocks));
        using var owner = await ada.Owner();
        Assert.Empty((await owner.Get("/core/protected/check")).Json.GetProperty("steps").EnumerateArray());

        Assert.Equal(
            ["name:doubtful:name_fixed", "app_names:doubtful:name_fixed", "connection:good:connected", "core:good:core_answers", "headers:good:headers_arrive",
                "apps:untested:no_app", "clock:untested:no_peer_heard"],
            await Run(zone, owner));
        Assert.Equal(await Steps(owner.Get("/core/protected/check")), await Steps(owner.Get("/core/protected/check")));

        await ada.Send(new RegisterApp(ada.Id, "notes", """{"v":"1.0","name":"notes","paths":{"":{"access":"private"}}}"""u8.ToArray()));
        clocks.Said = [TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromSeconds(90)];
        Assert.Equal(["apps:doubtful:proxy_outdated", "clock:good:clock_right"], (await Run(zone, owner))[^2..]);

        ada.UsesGateway = true;
        clocks.Said = [TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(31), TimeSpan.Zero];
        Assert.Equal(["apps:good:gateway_answers", "clock:bad:clock_behind"], (await Run(zone, owner))[^2..]);
        clocks.Said = [TimeSpan.FromSeconds(-30)];
        Assert.Equal("clock:doubtful:clock_differs_from_one", (await Run(zone, owner))[^1]);

        using var direct = new HttpClient { BaseAddress = ada.Edge }; // since nobody can get through
        direct.DefaultRequestHeaders.Authorization = owner.DefaultRequestHeaders.Authorization;
        ada.Down = true;
        Assert.Equal(["connection:bad:connection_broken", "core:untested:not_tested", "headers:untested:not_tested"], (await Run(zone, direct))[2..5]);
        ada.Down = false;
        zone.Strangers[ada.Id.Short.Value] = context =>
        {
            context.Response.StatusCode = 418;
            return Task.CompletedTask;
        };
        Assert.Equal(["connection:good:connected", "core:bad:not_this_portal", "headers:untested:not_tested"], (await Run(zone, direct))[2..5]);
    }

    [Fact]
    public async Task A_fault_of_the_certificate_has_its_own_code()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        using var others = new TestAuthority();
        var ada = await zone.Move("Ada", arguments: $"--Peering:TrustedCertificates={others.RootFile}");
        using var owner = await ada.Owner();
        Assert.Equal("connection:bad:certificate_authority_unknown", (await Run(zone, owner))[2]);
    }

    [Fact]
    public async Task Nothing_but_the_Portals_own_names_is_asked_at_its_own_port()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var asked = new System.Collections.Concurrent.ConcurrentBag<string>();
        NameLookup lookup = (host, _) =>
        {
            asked.Add(host);
            return Task.FromResult<IPAddress[]>([IPAddress.Loopback]);
        };
        var ada = await zone.Move(
            "Ada", services => services.AddSingleton(lookup), arguments: [$"--Portal:PublicPort={zone.Front.Port}", "--Peering:Resolve:0=*.nowhere.test=127.0.0.1:9"]);
        await ada.Send(new RegisterApp(ada.Id, "notes", """{"v":"1.0","name":"notes","paths":{"":{"access":"private"}}}"""u8.ToArray()));
        ada.UsesGateway = true;
        using var owner = await ada.Owner();
        var steps = await Run(zone, owner);
        Assert.Equal(["name:doubtful:address_private", "app_names:doubtful:address_private", "connection:good:connected", "core:good:core_answers"], steps[..4]);
        Assert.Equal("apps:good:gateway_answers", steps[5]);
        Assert.Equal(new HashSet<string> { ada.Domain, $"notes.{ada.Domain}" }, asked.ToHashSet());
    }

    [Fact]
    public async Task One_check_runs_at_a_time_and_one_in_ten_seconds_for_each_Portal()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var ada = await zone.Move("Ada");
        using var owner = await ada.Owner();
        await Run(zone, owner);
        var again = await owner.Post("/core/protected/check");
        Assert.Equal((HttpStatusCode.TooManyRequests, "rate_limited", "10"), (again.Status, again.Code, again.Header("Retry-After")));

        var reports = ada.Services.GetRequiredService<ReachReports>();
        using (reports.Begin(PortalId.Of("another"), zone.Clock.GetUtcNow()))
        {
            zone.Clock.Advance(TimeSpan.FromSeconds(11));
            Assert.Equal("rate_limited", (await owner.Post("/core/protected/check")).Code);
        }

        await Run(zone, owner);
    }

    [Fact]
    public async Task Only_the_owner_may_check()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var ada = await zone.Move("Ada");
        using var anybody = zone.Client();
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post })
            Assert.Equal(HttpStatusCode.Unauthorized, (await anybody.Say(method, $"https://{ada.Domain}/core/protected/check")).Status);
    }

    [Fact]
    public async Task A_name_without_an_address_ends_the_check_there()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        NameLookup lookup = (_, _) => throw new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.HostNotFound);
        var ada = await zone.Move("Ada", services => services.AddSingleton(lookup), arguments: "--Peering:Resolve:0=*.nowhere.test=127.0.0.1:9");
        using var owner = await ada.Owner();
        Assert.Equal(
            ["name:bad:name_unresolved", "app_names:bad:name_unresolved", "connection:untested:not_tested", "core:untested:not_tested", "headers:untested:not_tested",
                "apps:untested:not_tested", "clock:untested:no_peer_heard"],
            await Run(zone, owner));
    }

    [Theory]
    [InlineData("en", "This Portal answers at its own address.", "Look the name up on another machine.")]
    [InlineData("de", "Dieses Portal antwortet unter seiner eigenen Adresse.", "Schlag den Namen auf einem anderen Rechner nach.")]
    public async Task The_page_says_each_step_in_a_sentence_and_what_to_do(string language, string found, string advice)
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var ada = await zone.Move("Ada");
        using var owner = await ada.Owner();
        await Run(zone, owner);
        var page = (await owner.Get("/check", ("Accept-Language", language))).Body;
        Assert.Contains(found, page, StringComparison.Ordinal);
        Assert.Contains(advice, page, StringComparison.Ordinal);
        Assert.Contains("href=\"/check\"", (await owner.Get("/home")).Body, StringComparison.Ordinal);
    }

    /// <summary>Else a new code would be shown as a fault that has no words.</summary>
    [Fact]
    public void Every_code_has_a_sentence_and_every_fault_an_advice()
    {
        var source = File.ReadAllText(Path.Combine(ForwardAuth.DeployTests.Root(), "src/Application/Portals/CheckReach.cs"));
        PeerFault[] faults =
        [
            PeerFault.ConnectionRefused, PeerFault.ConnectionBroken, PeerFault.TimedOut, PeerFault.TlsFailed, PeerFault.NetworkUnreachable,
            .. PeerFault.All.Where(fault => fault.Code.StartsWith("certificate_", StringComparison.Ordinal)),
        ];
        var codes = Regex.Matches(source, "\"([a-z]+(_[a-z]+)+)\"").Select(code => code.Groups[1].Value)
            .Concat(faults.Select(fault => fault.Code)).Except(["portal_unknown"]).ToHashSet();
        Assert.True(codes.Count > 20);
        Assert.DoesNotContain(codes, code => Sentence(code) is null);
        string[] fine =
        [
            "not_tested", "name_resolved", "core_answers", "headers_arrive", "no_proxy", "no_app", "gateway_answers", "proxy_asks", "clock_right", "no_peer_heard",
        ];
        Assert.DoesNotContain(codes.Except(fine), code => Sentence($"{code}-do") is null);
    }

    private static async Task<string[]> Run(Neighbourhood zone, HttpClient owner)
    {
        zone.Clock.Advance(TimeSpan.FromSeconds(11));
        return await Steps(owner.Post("/core/protected/check"));
    }

    private static async Task<string[]> Steps(Task<Said> asked)
    {
        var said = await asked;
        Assert.True(said.Status == HttpStatusCode.OK, said.Body);
        return [.. said.Json.GetProperty("steps").EnumerateArray().Select(step => $"{step.GetProperty("step")}:{step.GetProperty("state")}:{step.GetProperty("code")}")];
    }

    private static string? Sentence(string code) => Api.Portals.CheckTexts.ResourceManager.GetString(code, CultureInfo.InvariantCulture);

    private sealed class Clocks : IPeerClocks
    {
        public IReadOnlyList<TimeSpan> Said { get; set; } = [];

        public IReadOnlyList<TimeSpan> Offsets(PortalId portal) => Said;
    }
}
