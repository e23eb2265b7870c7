using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>A real reverse proxy on a free port, with a configuration that <c>proxy-config</c> made; gone when disposed.</summary>
internal sealed class ProxyProcess : IAsyncDisposable
{
    private static readonly string NginxProgram = File.Exists("/usr/sbin/nginx") ? "/usr/sbin/nginx" : "nginx";

    private readonly Process process;
    private readonly string directory;

    private ProxyProcess(Process process, string directory, int port) => (this.process, this.directory, Port) = (process, directory, port);

    public int Port { get; }

    public static Task<ProxyProcess> Caddy(Func<int, string> configure) => Start(
        "caddy",
        (directory, port) =>
        {
            var text = configure(port);
            var open = text.IndexOf("\n{\n", StringComparison.Ordinal) + 3;
            File.WriteAllText(Path.Combine(directory, "Caddyfile"), text.Insert(open, "\tadmin off\n")); // several run side by side
            return ["run", "--config", "Caddyfile", "--adapter", "caddyfile"];
        });

    public static Task<ProxyProcess> Nginx(Func<int, string> configure) => Start(
        NginxProgram,
        (directory, port) =>
        {
            File.WriteAllText(Path.Combine(directory, "sites.conf"), configure(port));
            File.WriteAllText(Path.Combine(directory, "nginx.conf"), $$"""
                daemon off;
                {{(Environment.UserName == "root" ? "user root;" : "")}}
                pid {{directory}}/nginx.pid;
                error_log {{directory}}/error.log;
                events { }
                http {
                    access_log off;
                    client_body_temp_path {{directory}}/body;
                    proxy_temp_path {{directory}}/proxy;
                    fastcgi_temp_path {{directory}}/fastcgi;
                    uwsgi_temp_path {{directory}}/uwsgi;
                    scgi_temp_path {{directory}}/scgi;
                    include sites.conf;
                }
                """);
            return ["-p", directory, "-e", $"{directory}/error.log", "-c", $"{directory}/nginx.conf"];
        });

    /// <returns>What the installed program says of its version.</returns>
    public static async Task<string> Version(string program)
    {
        var start = program == "nginx" ? new ProcessStartInfo(NginxProgram, "-v") : new ProcessStartInfo(program, "version");
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using var process = Process.Start(start)!;
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return string.Concat(said);
    }

    /// <summary>A client for which every name leads to this proxy; redirects are shown, cookies not kept.</summary>
    public HttpClient Client() => Client(Port);

    /// <param name="port">On this machine.</param>
    public static HttpClient Client(int port) => new(Handler(port));

    /// <param name="anyName">Whether the certificate may be for another name.</param>
    public static SocketsHttpHandler Handler(int port, bool anyName = false) => new()
    {
        UseCookies = false,
        AllowAutoRedirect = false,
        RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1,
        SslOptions =
        {
            RemoteCertificateValidationCallback = (_, _, _, errors) =>
                anyName || errors is SslPolicyErrors.None or SslPolicyErrors.RemoteCertificateChainErrors,
        },
        ConnectCallback = async (_, ct) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        },
    };

    public async ValueTask DisposeAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    private static async Task<ProxyProcess> Start(string program, Func<string, int, string[]> prepare)
    {
        var directory = Directory.CreateTempSubdirectory("proxy-").FullName;
        var port = FreePort();
        var start = new ProcessStartInfo(program) { WorkingDirectory = directory, RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in prepare(directory, port))
            start.ArgumentList.Add(argument);
        foreach (var name in new[] { "HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME" })
            start.Environment[name] = directory;

        var process = Process.Start(start)!;
        var said = process.StandardError.ReadToEndAsync();
        _ = process.StandardOutput.ReadToEndAsync();
        await UntilAnswers(program, process, port, said);
        return new ProxyProcess(process, directory, port);
    }

    /// <param name="said">What the program writes to standard error, to its end.</param>
    internal static async Task UntilAnswers(string program, Process process, int port, Task<string> said)
    {
        for (var i = 0; !await Answers(port); i++)
        {
            if (process.HasExited || i == 150)
                throw new InvalidOperationException($"{program} does not answer: {(process.HasExited ? await said : "no reason given")}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    private static async Task<bool> Answers(int port)
    {
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>A port that no program gets by chance, as Linux gives them from 32768 on, before the one that it is meant for takes it.</summary>
    internal static int FreePort()
    {
        while (true)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            var port = RandomNumberGenerator.GetInt32(20_000, 32_000);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // taken: try another
            }
        }
    }
}
