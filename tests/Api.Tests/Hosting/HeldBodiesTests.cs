using System.Globalization;
using System.Net.Sockets;
using System.Text;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Hosting;

public sealed class HeldBodiesTests(TestPostgres postgres) : IDisposable
{
    private const int Requests = 60;
    private const int SentByEach = 4 << 20;

    private readonly TemporaryData data = new();

    public void Dispose() => data.Dispose();

    [Theory, InlineData("application/x-www-form-urlencoded"), InlineData("multipart/form-data; boundary=b")]
    public async Task Forms_that_strangers_hold_open_take_little_memory_and_no_disk(string type)
    {
        var temporary = Directory.CreateDirectory(Path.Combine(data.Directory, "tmp")).FullName;
        await using var registry = await RegistryProcess.Start(
            data.Directory, ("ConnectionStrings__Registry", await postgres.CreateDatabase()), ("TMPDIR", temporary));
        var edge = new Uri(registry.Edge);
        var cookie = await FormCookie(edge);
        var held = new List<TcpClient>();
        try
        {
            held.Add(await Send(edge, cookie, type)); // what the first costs, all requests cost
            var before = Resident(registry.ProcessId);
            for (var i = 0; i < Requests; i++)
                held.Add(await Send(edge, cookie, type));

            Assert.InRange(Resident(registry.ProcessId) - before, -100L << 20, 80L << 20); // of 240 MiB that were sent
            Assert.Empty(Directory.EnumerateFiles(temporary, "ASPNETCORE_*"));
            Assert.NotNull(await FormCookie(edge));
        }
        finally
        {
            held.ForEach(connection => connection.Dispose());
        }
    }

    /// <summary>Sends as much of a form as the other side takes, and leaves the connection open.</summary>
    private static async Task<TcpClient> Send(Uri edge, string cookie, string type)
    {
        var connection = new TcpClient();
        await connection.ConnectAsync(edge.Host, edge.Port);
        var stream = connection.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /pair HTTP/1.1\r\nHost: a.test\r\nCookie: {cookie}\r\nContent-Type: {type}\r\nTransfer-Encoding: chunked\r\n\r\n"));
        var begin = type.StartsWith("multipart", StringComparison.Ordinal)
            ? "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n"
            : "code=";
        var chunk = Encoding.ASCII.GetBytes($"{SentByEach:x}\r\n{begin}{new string('a', SentByEach - begin.Length - 2)}");
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            await stream.WriteAsync(chunk, patience.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // the other side reads no more of it
        }

        return connection;
    }

    private static async Task<string> FormCookie(Uri edge)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = edge };
        using var answer = await client.GetAsync(new Uri("/pair", UriKind.Relative));
        return answer.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("__Host-portal-form=", StringComparison.Ordinal)).Split(';')[0];
    }

    private static long Resident(int process) =>
        long.Parse(File.ReadLines($"/proc/{process}/status").Single(l => l.StartsWith("VmRSS:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
}
