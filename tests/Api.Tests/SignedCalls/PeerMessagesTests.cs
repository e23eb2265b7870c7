using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Forwarding;

namespace PeerRegistry.Api.Tests.SignedCalls;

public sealed class PeerMessagesTests : IDisposable
{
    private const string Host = "abcdef.example";

    private readonly TestAuthority authority = new();

    public static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_arrives_signed_and_the_answer_comes_back()
    {
        await using var peer = await TlsHost.Start(authority, Echo, Host);
        using var connections = Connect(peer);

        var answer = await Messages(connections).Send(Message("/core/public/peering?x=%2F&y"), Stop);

        Assert.Equal(202, answer.Status);
        Assert.Equal($"PUT {Host} /core/public/peering?x=%2F&y application/json portal-core body", Encoding.UTF8.GetString(answer.Body.Span));
        Assert.Equal("yes", Assert.Single(answer.Fields.Get("x-echo")));
        Assert.Equal($"202 https {Host} portal-core", answer.SignatureReason);
    }

    [Fact]
    public async Task A_redirect_is_the_answer()
    {
        var asked = 0;
        await using var peer = await TlsHost.Start(authority, context =>
        {
            asked++;
            context.Response.Redirect("https://169.254.169.254/latest");
            return Task.CompletedTask;
        }, Host);
        using var connections = Connect(peer);

        var answer = await Messages(connections).Send(Message("/"), Stop);

        Assert.Equal((302, 1), (answer.Status, asked));
    }

    [Fact]
    public async Task An_answer_above_1_MiB_is_refused()
    {
        await using var peer = await TlsHost.Start(authority, context => context.Response.Body.WriteAsync(new byte[PeerMessages.MaxAnswer + 1]).AsTask(), Host);
        using var connections = Connect(peer);

        await Refused("answer_invalid", () => Messages(connections).Send(Message("/"), Stop));
    }

    [Fact]
    public async Task A_certificate_for_another_name_or_of_another_authority_is_refused()
    {
        await using var otherName = await TlsHost.Start(authority, Echo, "ghijkl.example");
        using var stranger = new TestAuthority();
        await using var otherAuthority = await TlsHost.Start(stranger, Echo, Host);
        using var first = Connect(otherName);
        using var second = Connect(otherAuthority);

        await Refused("certificate_name_wrong", () => Messages(first).Send(Message("/"), Stop));
        await Refused("certificate_authority_unknown", () => Messages(second).Send(Message("/"), Stop));
    }

    [Fact]
    public async Task A_name_that_answers_well_first_and_badly_later_is_refused_when_connecting()
    {
        var arrived = 0;
        await using var inner = await TlsHost.Start(authority, context =>
        {
            arrived++;
            return Echo(context);
        }, Host);
        var answers = new Queue<string>(["1.1.1.1", "127.0.0.1"]);
        var dialer = new PeerDialer(new RegistryOptions(), (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse(answers.Dequeue())]), TimeProvider.System);
        Assert.True(TargetGuard.IsPublic(IPAddress.Parse(answers.Dequeue()))); // whoever looked before connecting saw this
        using var connections = new PeerConnections(new RegistryOptions(), dialer);

        var refused = await Refused("address_not_public", () => Messages(connections).Send(Message("/"), Stop));

        Assert.Contains("not public", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, arrived);
    }

    [Fact]
    public async Task A_closed_port_and_a_silent_server_are_told_apart()
    {
        using var nobody = new PeerConnections(new RegistryOptions(), TargetGuardTests.Dialer([$"{Host}=127.0.0.1:1"]));

        await Refused("connection_refused", () => Messages(nobody).Send(Message("/"), Stop));

        await using var silent =
            await TlsHost.Start(authority, context => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted), Host);
        using var connections = Connect(silent);
        var clock = new HastyClock();

        await Refused("peer_timeout", () => new PeerMessages(connections, new TaggingSignatures(), new PeerClocks(clock), clock).Send(Message("/"), Stop));
    }

    public void Dispose() => authority.Dispose();

    private static async Task<RefusedException> Refused(string code, Func<Task> act)
    {
        var refused = await Assert.ThrowsAsync<RefusedException>(act);
        Assert.Equal(code, refused.Code);
        return refused;
    }

    private static PeerMessages Messages(PeerConnections connections) =>
        new(connections, new TaggingSignatures(), new PeerClocks(TimeProvider.System), TimeProvider.System);

    private static PeerMessage Message(string target) => new(
        PortalId.Of("self"), HttpMethod.Put, Host, target, "body"u8.ToArray(), Signed: true, ExpectedSigner: TaggingSignatures.AnyKey, ToOriginal: false);

    private PeerConnections Connect(TlsHost peer)
    {
        var options = new RegistryOptions { Peering = new RegistryOptions.PeeringOptions { TrustedCertificates = authority.RootFile } };
        return new PeerConnections(options, TargetGuardTests.Dialer([$"{Host}=127.0.0.1:{peer.Port}"]));
    }

    private static async Task Echo(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var seen = string.Join(' ',
            context.Request.Method,
            context.Request.Host,
            context.Features.Get<IHttpRequestFeature>()!.RawTarget,
            context.Request.ContentType,
            context.Request.Headers["Signature-Input"],
            await reader.ReadToEndAsync());
        context.Response.StatusCode = 202;
        context.Response.Headers["X-Echo"] = "yes";
        await context.Response.WriteAsync(seen);
    }

    /// <summary>Every wait is over at once.</summary>
    private sealed class HastyClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, TimeSpan.FromMilliseconds(300), period);
    }
}
