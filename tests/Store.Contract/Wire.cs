using System.Net.Sockets;
using Npgsql;

namespace PeerRegistry.Store.Contract;

/// <summary>Stands between Npgsql and the server on a Unix socket: counts round trips, and can cut the connection.</summary>
internal sealed class Wire : IAsyncDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("peerregistry-wire-").FullName;
    private readonly string server;
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource closing = new();
    private readonly Task accepting;
    private volatile bool answered = true;
    private int roundTrips;

    public Wire(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        server = Path.Combine(settings.Host!, ".s.PGSQL.5432");
        settings.Host = directory;
        ConnectionString = settings.ConnectionString;
        listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(directory, ".s.PGSQL.5432")));
        listener.Listen();
        accepting = Accept();
    }

    public string ConnectionString { get; }

    /// <summary>How often something was sent after an answer had come.</summary>
    public int RoundTrips => Volatile.Read(ref roundTrips);

    /// <summary>Once: the next bytes that go to the server are dropped, and so is the connection.</summary>
    public bool CutNextRequest { get; set; }

    /// <summary>Once: the next bytes that come from the server are dropped, and so is the connection.</summary>
    public bool CutNextAnswer { get; set; }

    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        listener.Dispose();
        await accepting;
        closing.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    private async Task Accept()
    {
        var carried = new List<Task>();
        try
        {
            while (true)
                carried.Add(Carry(await listener.AcceptAsync(closing.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(carried);
        }
    }

    private async Task Carry(Socket client)
    {
        using var upstream = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using (client)
        {
            await upstream.ConnectAsync(new UnixDomainSocketEndPoint(server), closing.Token);
            await Task.WhenAny(Pump(client, upstream, Requests), Pump(upstream, client, Answers));
        }
    }

    private bool Requests()
    {
        if (answered)
            Interlocked.Increment(ref roundTrips);
        answered = false;
        var cut = CutNextRequest;
        CutNextRequest = false;
        return !cut;
    }

    private bool Answers()
    {
        answered = true;
        var cut = CutNextAnswer;
        CutNextAnswer = false;
        return !cut;
    }

    private async Task Pump(Socket from, Socket to, Func<bool> passes)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            for (int read; (read = await from.ReceiveAsync(buffer, closing.Token)) > 0 && passes();)
                await to.SendAsync(buffer.AsMemory(0, read), closing.Token);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The other side is gone; so is this one.
        }
    }
}
