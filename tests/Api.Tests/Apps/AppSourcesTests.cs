using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;
using PeerRegistry.Infrastructure.Apps;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Apps;

/// <summary>Apps from a folder, and apps known by their container's address.</summary>
public sealed class AppSourcesTests(TestPostgres postgres)
{
    [Fact]
    public async Task A_folder_of_apps_is_followed()
    {
        var folder = Directory.CreateTempSubdirectory("peerregistry-apps-").FullName;
        void Write(string name, string text)
        {
            Directory.CreateDirectory(Path.Combine(folder, name));
            File.WriteAllText(Path.Combine(folder, name, "app_meta.json"), text);
        }

        string Described(string name, string access) => $$$"""{"v":"1.0","name":"{{{name}}}","paths":{"":{"access":"{{{access}}}"} } }""";
        Write("notes", Described("notes", "private"));
        Write("broken", "{");
        Write("liar", Described("notes", "public"));

        await using var zone = await Neighbourhood.Start(postgres);
        await using var portal = await zone.Move("Ada", services => services.AddHostedService(provider =>
            ActivatorUtilities.CreateInstance<AppDirectory>(provider, new RegistryOptions { Apps = new() { Directory = folder } })));
        await Eventually.Holds(() => portal.Snapshot.Apps.ContainsKey("notes"));

        Write("wall", Described("wall", "public"));
        Write("notes", Described("notes", "public"));
        await Eventually.Holds(() => portal.Snapshot.Apps.ContainsKey("wall")
            && portal.Snapshot.Apps["notes"].Meta.Rules[0].Access == Domain.Apps.Access.Public);
        Assert.Equal(["notes", "wall"], portal.Snapshot.Apps.Keys.Order());

        Directory.Delete(Path.Combine(folder, "wall"), recursive: true);
        await Eventually.Holds(() => !portal.Snapshot.Apps.ContainsKey("wall"));
        Directory.Delete(folder, recursive: true);
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Contains("notes", portal.Snapshot.Apps.Keys);
    }

    [Fact]
    public async Task A_container_is_known_by_the_address_that_it_has_now()
    {
        await using var engine = new Engine();
        engine.Run(("web_notes", "172.18.0.2"), ("other", "172.18.0.3"));
        using var addresses = await Follow(engine);

        await Eventually.Holds(() => Who(addresses, "172.18.0.2") == "web_notes");
        Assert.Equal("web_notes", Who(addresses, "::ffff:172.18.0.2"));
        Assert.Equal("other", Who(addresses, "172.18.0.3"));
        Assert.Null(Who(addresses, "172.18.0.9"));
        Assert.Equal("GET /containers/json HTTP/1.1", engine.Requests.First(request => request.Contains("/containers", StringComparison.Ordinal)));

        engine.Run(("other", "172.18.0.2"));
        await Eventually.Holds(() => Who(addresses, "172.18.0.2") == "other", seconds: 2);
        Assert.Null(Who(addresses, "172.18.0.3"));
    }

    [Fact]
    public async Task An_address_that_two_containers_claim_belongs_to_neither()
    {
        await using var engine = new Engine();
        engine.Run(("one", "172.18.0.2"), ("two", "172.18.0.2"), ("three", "172.18.0.3"));
        using var addresses = await Follow(engine);

        await Eventually.Holds(() => Who(addresses, "172.18.0.3") == "three");
        Assert.Null(Who(addresses, "172.18.0.2"));
    }

    [Fact]
    public async Task No_container_is_known_while_the_engine_does_not_list_them()
    {
        await using var engine = new Engine();
        engine.Run(("web_notes", "172.18.0.2"));
        using var addresses = await Follow(engine);
        await Eventually.Holds(() => Who(addresses, "172.18.0.2") == "web_notes");

        engine.Fail();
        await Eventually.Holds(() => Who(addresses, "172.18.0.2") is null);

        engine.Run(("web_notes", "172.18.0.2"));
        await Eventually.Holds(() => Who(addresses, "172.18.0.2") == "web_notes");
    }

    [Fact]
    public async Task Containers_are_followed_though_the_engine_keeps_its_events_to_itself()
    {
        await using var engine = new Engine { TellsEvents = false };
        engine.Run(("web_notes", "172.18.0.2"));
        using var addresses = await Follow(engine);
        await Eventually.Holds(() => Who(addresses, "172.18.0.2") == "web_notes");

        engine.Run(("other", "172.18.0.2"));
        await Eventually.Holds(() => Who(addresses, "172.18.0.2") == "other", seconds: 5);
    }

    [Fact]
    public async Task An_app_that_is_known_by_its_address_needs_no_token()
    {
        await using var engine = new Engine();
        engine.Run(("web_notes", "127.0.0.1"));
        await using var zone = await Neighbourhood.Start(postgres);
        await using var portal = await zone.Move("Ada", services => services.AddDockerAddresses(engine.Socket));
        await portal.Send(new RegisterApp(portal.Id, "notes", Encoding.UTF8.GetBytes(
            """{"v":"1.0","name":"notes","entrypoints":[{"container_name":"web_notes","container_port":80,"entrypoint_port":"http"}],"paths":{"":{"access":"public"}}}""")));
        using var inner = new HttpClient { BaseAddress = portal.Internal };
        await Eventually.Holds(async () => (await inner.Get("/protected/peers")).Body == "[]");

        Assert.Equal("[]", (await inner.Get("/protected/peers", HttpCalls.Bearer("for-the-peer"))).Body);
        Assert.Equal("token_invalid", (await inner.Get("/protected/peers", ("Proxy-Authorization", "Bearer x"))).Code);

        // Its container is its own: no other app may be known by it.
        Assert.Equal("container_taken", (await Assert.ThrowsAsync<RefusedException>(() => portal.Send(new RegisterApp(portal.Id, "twin", Encoding.UTF8.GetBytes(
            """{"v":"1.0","name":"twin","entrypoints":[{"container_name":"web_notes","container_port":81,"entrypoint_port":"http"}],"paths":{"":{"access":"public"}}}"""))))).Code);
        Assert.Equal("[]", (await inner.Get("/protected/peers")).Body);
    }

    private static async Task<DockerAddresses> Follow(Engine engine)
    {
        var addresses = new DockerAddresses(engine.Socket, TimeProvider.System, NullLogger<DockerAddresses>.Instance);
        await addresses.StartAsync(TestContext.Current.CancellationToken);
        return addresses;
    }

    private static string? Who(DockerAddresses addresses, string address)
    {
        var asked = addresses.Find(IPAddress.Parse(address), CancellationToken.None);
        return asked.IsCompletedSuccessfully ? asked.Result : throw new InvalidOperationException("A request had to wait for the engine.");
    }

    /// <summary>Speaks the Docker Engine API over a Unix socket, as recorded from an engine: the list of containers, and the stream of events.</summary>
    private sealed class Engine : IAsyncDisposable
    {
        private const string Event = """{"status":"start","id":"a","from":"x","Type":"container","Action":"start","Actor":{"ID":"a","Attributes":{"name":"a"}},"scope":"local","time":1790000000,"timeNano":1790000000000000000}""" + "\n";

        private readonly string folder = Directory.CreateTempSubdirectory("peerregistry-engine-").FullName;
        private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        private readonly ConcurrentBag<Socket> watching = [];
        private volatile string answer = "";

        public Engine()
        {
            Socket = Path.Combine(folder, "docker.sock");
            listener.Bind(new UnixDomainSocketEndPoint(Socket));
            listener.Listen();
            _ = Serve();
        }

        public string Socket { get; }

        /// <summary>False: asked for events, it says 403, as a proxy before the socket may.</summary>
        public bool TellsEvents { get; init; } = true;

        public ConcurrentQueue<string> Requests { get; } = [];

        /// <summary>From now on these containers run, and whoever listens for events hears of a change.</summary>
        public void Run(params (string Name, string Address)[] running)
        {
            var json = "[" + string.Join(',', running.Select(c =>
                $$$"""{"Id":"{{{c.Name}}}0","Names":["/proxy/{{{c.Name}}}-link","/{{{c.Name}}}"],"Image":"x","State":"running","NetworkSettings":{"Networks":{"portal":{"IPAddress":"{{{c.Address}}}","GlobalIPv6Address":""},"none":{"IPAddress":""} } } }""")) + "]";
            Change($"HTTP/1.1 200 OK\r\nApi-Version: 1.45\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(json)}\r\n\r\n{json}");
        }

        public void Fail() => Change("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n");

        public ValueTask DisposeAsync()
        {
            listener.Dispose();
            foreach (var connection in watching)
                connection.Dispose();
            Directory.Delete(folder, recursive: true);
            return ValueTask.CompletedTask;
        }

        private void Change(string to)
        {
            answer = to;
            foreach (var connection in watching)
                connection.Send(Encoding.UTF8.GetBytes($"{Event.Length:x}\r\n{Event}\r\n"));
        }

        private async Task Serve()
        {
            while (true)
            {
                try
                {
                    _ = Talk(await listener.AcceptAsync());
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    return;
                }
            }
        }

        private async Task Talk(Socket connection)
        {
            using var reader = new StreamReader(new NetworkStream(connection, ownsSocket: true));
            var watches = false;
            while (await reader.ReadLineAsync() is { } line)
            {
                if (line.StartsWith("GET ", StringComparison.Ordinal))
                {
                    Requests.Enqueue(line);
                    watches = line.StartsWith("GET /events?", StringComparison.Ordinal);
                }

                if (line.Length > 0)
                    continue;
                if (watches && TellsEvents)
                    watching.Add(connection);
                await connection.SendAsync(Encoding.UTF8.GetBytes(
                    !watches ? answer
                    : TellsEvents ? "HTTP/1.1 200 OK\r\nApi-Version: 1.45\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                    : "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"));
            }
        }
    }
}
