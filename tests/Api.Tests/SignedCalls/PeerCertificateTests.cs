using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Forwarding;

namespace PeerRegistry.Api.Tests.SignedCalls;

/// <summary>TLS with peers: what a certificate can make the core do, and what the owner is told about it.</summary>
public sealed class PeerCertificateTests
{
    private const string Host = "abcdef.example";

    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_URL_in_a_peers_certificate_is_fetched()
    {
        using var urls = new SilentServer();
        using var stranger = new TestAuthority();
        await using var rig = await CallRig.StartScripted(
            (_, stream) => ScriptedPeer.Write(stream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
            certify: (_, name) => stranger.Certify([name], Now.AddHours(-1), Now.AddDays(1), [.. urls.Extensions()]));

        var calls = await Task.WhenAll(Enumerable.Range(0, 90).Select(_ => rig.Client.GetAsync(rig.Call("/a"), Stop)));

        Assert.All(calls, call => Assert.Equal(HttpStatusCode.BadGateway, call.StatusCode));
        Assert.Equal(0, urls.Connections);
    }

    [Fact]
    public async Task Without_certificates_of_its_own_the_registry_fetches_nothing_either()
    {
        using var urls = new SilentServer();
        using var stranger = new TestAuthority();
        await using var peer =
            ScriptedPeer.Start(stranger.Certify([Host], Now.AddHours(-1), Now.AddDays(1), [.. urls.Extensions()]), (_, _) => Task.CompletedTask);

        await Refused(peer.Port, trusted: null);

        Assert.Equal(0, urls.Connections);
    }

    [Fact]
    public async Task A_peer_that_never_finishes_the_handshake_is_given_up_within_the_connect_timeout()
    {
        using var silent = new SilentServer();
        var limits = new RegistryOptions.CallsOptions { ConnectTimeout = TimeSpan.FromMilliseconds(300) };
        using var connections = Connect(silent.Port, null, limits);
        var since = TimeProvider.System.GetTimestamp();

        var refused = await Assert.ThrowsAsync<RefusedException>(() => Send(connections));

        Assert.Equal("peer_timeout", refused.Code);
        // a timer may fire a moment early; a message has 20 s in all
        Assert.InRange(TimeProvider.System.GetElapsedTime(since).TotalSeconds, 0.2, 10);
    }

    [Fact]
    public async Task Names_are_looked_up_outside_the_shared_thread_pool_and_once_at_a_time()
    {
        using var go = new ManualResetEventSlim();
        var (onPool, lookups) = (new ConcurrentQueue<bool>(), 0);
        using var names = new SystemNameLookup(_ =>
        {
            onPool.Enqueue(Thread.CurrentThread.IsThreadPoolThread);
            Interlocked.Increment(ref lookups);
            go.Wait(Stop);
            return [IPAddress.Loopback];
        });
        using var impatient = new CancellationTokenSource();

        var first = names.Find("silent.example", impatient.Token);
        var others = Enumerable.Range(0, 200).Select(_ => names.Find("Silent.Example", Stop)).ToList();
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        go.Set();

        Assert.All(await Task.WhenAll(others), addresses => Assert.Equal([IPAddress.Loopback], addresses));
        Assert.Equal((1, false), (lookups, Assert.Single(onPool)));
        await names.Find("silent.example", Stop);
        Assert.Equal(2, lookups);
    }

    [Theory]
    [InlineData("expired", "certificate_expired")]
    [InlineData("early", "certificate_not_yet_valid")]
    [InlineData("other name", "certificate_name_wrong")]
    [InlineData("other authority", "certificate_authority_unknown")]
    [InlineData("self-signed", "certificate_authority_unknown")]
    [InlineData("no intermediate", "certificate_chain_incomplete")]
    public async Task Each_fault_of_a_certificate_has_a_code_of_its_own(string fault, string code)
    {
        using var authority = new TestAuthority();
        using var certificate = Faulty(fault, authority);
        await using var peer = ScriptedPeer.Start(certificate, (_, _) => Task.CompletedTask);

        Assert.Equal(code, (await Refused(peer.Port, authority.RootFile)).Code);
        if (fault is not ("expired" or "early" or "other name"))
            Assert.Equal(code, (await Refused(peer.Port, trusted: null)).Code); // by the system's roots alone
    }

    [Fact]
    public void Each_fault_has_a_code_and_sentences_of_its_own_and_a_line_in_the_protocol()
    {
        var page = File.ReadAllText(Path.Combine(ForwardAuth.DeployTests.Root(), "docs", "protocol.md"));

        Assert.Equal(PeerFault.All.Count, PeerFault.All.Select(fault => fault.Code).Distinct().Count());
        Assert.Equal(PeerFault.All.Count, PeerFault.All.Select(fault => fault.Message).Distinct().Count());
        Assert.All(PeerFault.All, fault => Assert.Contains($"`{fault.Code}`", page, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_a_closed_port_and_a_server_without_TLS_are_told_apart()
    {
        using var unknown = new PeerConnections(new RegistryOptions(), new PeerDialer(
            new RegistryOptions(), (_, _) => throw new SocketException((int)SocketError.HostNotFound), TimeProvider.System));
        Assert.Equal("name_unresolved", (await Assert.ThrowsAsync<RefusedException>(() => Send(unknown))).Code);

        using var nameless = new PeerConnections(new RegistryOptions(), new PeerDialer(
            new RegistryOptions(), (_, _) => throw new SocketException((int)SocketError.TryAgain), TimeProvider.System));
        Assert.Equal("name_server_silent", (await Assert.ThrowsAsync<RefusedException>(() => Send(nameless))).Code);

        using var closed = Connect(1, null);
        Assert.Equal("connection_refused", (await Assert.ThrowsAsync<RefusedException>(() => Send(closed))).Code);

        await using var plain = await PlainHost.Start(_ => Task.CompletedTask);
        using var connections = Connect(new Uri(plain.Urls.First()).Port, null);
        Assert.Equal("tls_failed", (await Assert.ThrowsAsync<RefusedException>(() => Send(connections))).Code);
    }

    [Fact]
    public async Task An_app_sees_one_code_the_cause_as_its_reason_and_in_words()
    {
        await using var rig = await CallRig.StartScripted(
            (_, _) => Task.CompletedTask, certify: (authority, name) => authority.Certify([name], Now.AddHours(-20), Now.AddHours(-1)));

        using var response = await rig.Client.GetAsync(rig.Call("/a"), Stop);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(Stop);

        Assert.Equal((HttpStatusCode.BadGateway, "peer_unreachable"), (response.StatusCode, problem.GetProperty("code").GetString()));
        Assert.Equal("certificate_expired", problem.GetProperty("reason").GetString());
        Assert.Equal(PeerFault.CertificateExpired.Message, problem.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task A_replaced_file_of_trusted_certificates_counts_at_once()
    {
        using var before = new TestAuthority();
        using var after = new TestAuthority();
        await using var peer = ScriptedPeer.Start(
            after.Certify(Host), (_, stream) => ScriptedPeer.Write(stream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
        using var connections = Connect(peer.Port, before.RootFile);

        Assert.Equal("certificate_authority_unknown", (await Assert.ThrowsAsync<RefusedException>(() => Send(connections))).Code);
        File.Copy(after.RootFile, before.RootFile, overwrite: true);

        Assert.Equal(200, (await Send(connections)).Status);
    }

    private static X509Certificate2 Faulty(string fault, TestAuthority authority)
    {
        using var stranger = new TestAuthority();
        using var intermediate = new TestAuthority(authority);
        var address = new X509AuthorityInformationAccessExtension([], ["http://issuers.example/intermediate.cer"]);
        return fault switch
        {
            "expired" => authority.Certify([Host], Now.AddHours(-20), Now.AddHours(-1)),
            "early" => authority.Certify([Host], Now.AddDays(1), Now.AddDays(2)),
            "other name" => authority.Certify("ghijkl.example"),
            "other authority" => stranger.Certify(Host),
            "self-signed" => TestAuthority.SelfSigned(Host),
            _ => intermediate.Certify([Host], Now.AddHours(-1), Now.AddDays(1), address),
        };
    }

    private static async Task<RefusedException> Refused(int port, string? trusted)
    {
        using var connections = Connect(port, trusted);
        return await Assert.ThrowsAsync<RefusedException>(() => Send(connections));
    }

    private static PeerConnections Connect(int port, string? trusted, RegistryOptions.CallsOptions? limits = null) => new(
        new RegistryOptions { Peering = new RegistryOptions.PeeringOptions { TrustedCertificates = trusted }, Calls = limits ?? new() },
        TargetGuardTests.Dialer([$"{Host}=127.0.0.1:{port}"]));

    private static PeerMessages Messages(PeerConnections connections) =>
        new(connections, new TaggingSignatures(), new PeerClocks(TimeProvider.System), TimeProvider.System);

    private static Task<PeerAnswer> Send(PeerConnections connections) => Messages(connections).Send(
        new PeerMessage(PortalId.Of("self"), HttpMethod.Get, Host, "/", default, Signed: false, ExpectedSigner: null, ToOriginal: false), Stop);

    /// <summary>Accepts connections, counts them and never says a word.</summary>
    private sealed class SilentServer : IDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private readonly ConcurrentQueue<TcpClient> clients = [];

        public SilentServer()
        {
            listener.Start();
            _ = Accept();
        }

        public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

        public int Connections => clients.Count;

        /// <summary>Issuer certificate, OCSP responder and revocation list, all at this server.</summary>
        public IEnumerable<X509Extension> Extensions()
        {
            yield return new X509AuthorityInformationAccessExtension([$"http://127.0.0.1:{Port}/ocsp"], [$"http://127.0.0.1:{Port}/issuer.cer"]);
            yield return CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([$"http://127.0.0.1:{Port}/list.crl"]);
        }

        public void Dispose()
        {
            listener.Dispose();
            foreach (var client in clients)
                client.Dispose();
        }

        private async Task Accept()
        {
            try
            {
                while (true)
                    clients.Enqueue(await listener.AcceptTcpClientAsync());
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // the test is over
            }
        }
    }
}
