using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>One body on disk, and the space that it uses of its app's budget.</summary>
internal sealed class SpoolFile(Spool spool, PortalId portal, string app) : IDisposable
{
    private const int NoSpaceLeft = 28; // ENOSPC
    private const int QuotaExceeded = 122; // EDQUOT

    private readonly FileStream file = spool.Open();
    private long taken;

    public long Length => taken;

    /// <summary>Appends a piece.</summary>
    /// <exception cref="RefusedException"><c>storage_full</c></exception>
    public async ValueTask Write(ReadOnlyMemory<byte> piece, CancellationToken ct)
    {
        spool.Take((portal, app), piece.Length);
        taken += piece.Length;
        try
        {
            await file.WriteAsync(piece, ct);
        }
        catch (IOException e) when (e.HResult is NoSpaceLeft or QuotaExceeded)
        {
            throw Spool.Full("The disk of this Portal is full.");
        }
    }

    /// <summary>The whole body, to be read once at a time.</summary>
    public Stream FromStart()
    {
        file.Position = 0;
        return file;
    }

    public void Dispose()
    {
        file.Dispose();
        if (Interlocked.Exchange(ref taken, 0) is > 0 and var room)
            spool.GiveBack((portal, app), room);
    }
}
