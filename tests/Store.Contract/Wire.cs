using System.Net.Sockets;
using Npgsql;

namespace PeerRegistry.Store.Contract;

public enum Cut
{
    Request,
    Answer,
}

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
    private Cut? cut;
    private int cutAt;

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

    /// <summary>Whether the connection was cut as asked.</summary>
    public bool WasCut { get; private set; }

    /// <summary>Once: what goes one way in the given round trip from now is dropped, and so is the connection.</summary>
    public void CutAt(Cut what, int roundTrip) => (cut, cutAt, WasCut) = (what, RoundTrips + roundTrip, false);

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
        return Passes(Cut.Request);
    }

    private bool Answers()
    {
        answered = true;
        return Passes(Cut.Answer);
    }

    private bool Passes(Cut what)
    {
        if (cut != what || RoundTrips < cutAt || WasCut)
            return true;

        WasCut = true;
        return false;
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
