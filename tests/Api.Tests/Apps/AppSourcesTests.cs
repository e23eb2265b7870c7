using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using PeerRegistry.Api.Tests.Kernel;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Kernel;
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
        await Eventually.Holds(() => portal.Snapshot.Apps.ContainsKey("wall") && portal.Snapshot.Apps["notes"].Meta.Rules[0].Access == Domain.Apps.Access.Public);
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
        await using var engine = new Engine { Answer = Containers(("web_notes", "172.18.0.2"), ("other", "172.18.0.3")) };
        var clock = new MovableTime();
        using var addresses = new DockerAddresses(engine.Socket, clock, NullLogger<DockerAddresses>.Instance);
        async Task<string?> Who(string address) => await addresses.Find(IPAddress.Parse(address), CancellationToken.None);

        Assert.Equal("web_notes", await Who("172.18.0.2"));
        Assert.Equal("web_notes", await Who("::ffff:172.18.0.2"));
        Assert.Null(await Who("172.18.0.9"));
        Assert.Equal(1, engine.Asked);

        engine.Answer = Containers(("other", "172.18.0.2"));
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("other", await Who("172.18.0.2"));

        engine.Answer = Containers(("one", "172.18.0.2"), ("two", "172.18.0.2"));
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(await Who("172.18.0.2"));

        engine.Answer = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n";
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(await Who("172.18.0.2"));
        Assert.Equal("GET /containers/json HTTP/1.1", engine.Request);
    }

    [Fact]
    public async Task An_app_that_is_known_by_its_address_needs_no_token()
    {
        await using var engine = new Engine { Answer = Containers(("web_notes", "127.0.0.1")) };
        await using var zone = await Neighbourhood.Start(postgres);
        await using var portal = await zone.Move("Ada", services => services.AddSingleton<IAppAddresses>(provider =>
            ActivatorUtilities.CreateInstance<DockerAddresses>(provider, engine.Socket)));
        await portal.Send(new RegisterApp(portal.Id, "notes", Encoding.UTF8.GetBytes(
            """{"v":"1.0","name":"notes","entrypoints":[{"container_name":"web_notes","container_port":80,"entrypoint_port":"http"}],"paths":{"":{"access":"public"}}}""")));
        using var inner = new HttpClient { BaseAddress = portal.Internal };

        Assert.Equal("[]", (await inner.Get("/protected/peers")).Body);
        Assert.Equal("[]", (await inner.Get("/protected/peers", Http.Bearer("for-the-peer"))).Body);
        Assert.Equal("token_invalid", (await inner.Get("/protected/peers", ("Proxy-Authorization", "Bearer x"))).Code);

        // Two apps that name the same container cannot be told apart.
        await portal.Send(new RegisterApp(portal.Id, "twin", Encoding.UTF8.GetBytes(
            """{"v":"1.0","name":"twin","entrypoints":[{"container_name":"web_notes","container_port":80,"entrypoint_port":"http"}],"paths":{"":{"access":"public"}}}""")));
        Assert.Equal("not_authenticated", (await inner.Get("/protected/peers")).Code);
        
    }

    private static string Containers(params (string Name, string Address)[] running)
    {
        var json = "[" + string.Join(',', running.Select(c =>
            $$$"""{"Id":"{{{c.Name}}}0","Names":["/proxy/{{{c.Name}}}-link","/{{{c.Name}}}"],"Image":"x","State":"running","NetworkSettings":{"Networks":{"portal":{"IPAddress":"{{{c.Address}}}","GlobalIPv6Address":""},"none":{"IPAddress":""} } } }""")) + "]";
        return $"HTTP/1.1 200 OK\r\nApi-Version: 1.45\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(json)}\r\n\r\n{json}";
    }

    /// <summary>Says over a Unix socket what a container engine once said.</summary>
    private sealed class Engine : IAsyncDisposable
    {
        private readonly string folder = Directory.CreateTempSubdirectory("peerregistry-engine-").FullName;
        private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

        public Engine()
        {
            Socket = Path.Combine(folder, "docker.sock");
            listener.Bind(new UnixDomainSocketEndPoint(Socket));
            listener.Listen();
            _ = Serve();
        }

        public string Socket { get; }

        public string Answer { get; set; } = "";

        public int Asked { get; private set; }

        public string? Request { get; private set; }

        public ValueTask DisposeAsync()
        {
            listener.Dispose();
            Directory.Delete(folder, recursive: true);
            return ValueTask.CompletedTask;
        }

        private async Task Serve()
        {
            while (true)
            {
                Socket connection;
                try
                {
                    connection = await listener.AcceptAsync();
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    return;
                }

                _ = Talk(connection);
            }
        }

        private async Task Talk(Socket connection)
        {
            using var reader = new StreamReader(new NetworkStream(connection, ownsSocket: true));
            while (await reader.ReadLineAsync() is { } line)
            {
                if (line.StartsWith("GET ", StringComparison.Ordinal))
                    Request = line;
                if (line.Length > 0)
                    continue;
                Asked++;
                await connection.SendAsync(Encoding.UTF8.GetBytes(Answer));
            }
        }
    }
}
