using System.Net;
using System.Net.Sockets;

namespace PeerRegistry.Api.Tests.Hosting;

/// <summary>A TCP port that leads to a PostgreSQL server's Unix socket, until the way is cut.</summary>
internal sealed class DatabaseRelay : IAsyncDisposable
{
    private readonly UnixDomainSocketEndPoint server;
    private readonly CancellationTokenSource over = new();
    private readonly Lock gate = new();
    private readonly List<Socket> open = [];
    private readonly Task accepting;
    private Socket listener;
    private volatile bool frozen;

    public DatabaseRelay(string socketDirectory)
    {
        server = new UnixDomainSocketEndPoint(Path.Combine(socketDirectory, ".s.PGSQL.5432"));
        listener = Listen(0);
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        accepting = Accept();
    }

    public int Port { get; }

    /// <summary>Ends every connection and refuses new ones.</summary>
    public void Cut()
    {
        lock (gate)
        {
            listener.Dispose();
            open.ForEach(socket => socket.Dispose());
            open.Clear();
        }
    }

    /// <summary>Nothing goes by any more, and nobody is told: connections stay open, and new ones are made.</summary>
    public void Freeze() => frozen = true;

    /// <summary>The way is free again. Connections that were frozen have died in between.</summary>
    public void Restore()
    {
        Cut();
        frozen = false;
        lock (gate)
            listener = Listen(Port);
    }

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        Cut();
        await accepting;
        over.Dispose();
    }

    private static Socket Listen(int port)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen();
        return listener;
    }

    private async Task Accept()
    {
        while (!over.IsCancellationRequested)
        {
            try
            {
                var client = await listener.AcceptAsync(over.Token);
                var behind = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                lock (gate)
                    open.AddRange([client, behind]);
                await behind.ConnectAsync(server, over.Token);
                _ = Copy(client, behind);
                _ = Copy(behind, client);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System); // cut, or the server is away
            }
        }
    }

    private async Task Copy(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, over.Token) is > 0 and var read)
            {
                if (!frozen)
                    await to.SendAsync(buffer.AsMemory(0, read), over.Token);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // cut
        }

        if (!frozen)
            to.Dispose();
    }
}
