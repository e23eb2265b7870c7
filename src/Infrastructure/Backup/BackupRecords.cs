using System.Buffers.Binary;
using System.IO.Compression;
using System.Text.Json;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Infrastructure.Backup;

/// <summary>The kinds of records in a backup file. A record is its kind, the length of its content (32 bits, big-endian) and the content.</summary>
internal enum RecordKind : byte
{
    /// <summary>The first record: <see cref="BackupManifest"/>.</summary>
    Manifest = (byte)'m',

    /// <summary>The master key, 32 bytes.</summary>
    MasterKey = (byte)'k',

    /// <summary>The beginning of a table: <see cref="TableHead"/>.</summary>
    Table = (byte)'t',

    /// <summary>The next bytes of the table as PostgreSQL copies it in binary.</summary>
    Data = (byte)'d',

    /// <summary>The end of a table: <see cref="TableEnd"/>.</summary>
    EndOfTable = (byte)'e',

    /// <summary>The last record. It is empty.</summary>
    End = (byte)'z',
}

/// <param name="Version">The version of the program that made the file.</param>
/// <param name="Migrations">The migrations that its database had, in order of number.</param>
/// <param name="Portals">The full IDs of its Portals.</param>
internal sealed record BackupManifest(DateTimeOffset MadeAt, string Version, IReadOnlyList<AppliedMigration> Migrations, IReadOnlyList<string> Portals);

/// <param name="Checksum">SHA-256 of the file that was applied, lower-case hex.</param>
internal sealed record AppliedMigration(int Number, string Checksum);

internal sealed record TableHead(string Name, IReadOnlyList<TableColumn> Columns);

/// <param name="Type">As PostgreSQL's <c>format_type</c> writes it.</param>
internal sealed record TableColumn(string Name, string Type);

internal sealed record TableEnd(long Rows);

/// <summary>Writes records, compressed.</summary>
internal sealed class RecordWriter(Stream output) : IDisposable
{
    private readonly ZLibStream packed = new(output, CompressionLevel.Fastest, leaveOpen: true);

    public void Write(RecordKind kind, ReadOnlySpan<byte> content)
    {
        Span<byte> head = stackalloc byte[5];
        head[0] = (byte)kind;
        BinaryPrimitives.WriteInt32BigEndian(head[1..], content.Length);
        packed.Write(head);
        packed.Write(content);
    }

    public void WriteJson<T>(RecordKind kind, T content) => Write(kind, JsonSerializer.SerializeToUtf8Bytes(content));

    /// <summary>Writes what is still held back by the compression.</summary>
    public void Dispose() => packed.Dispose();
}

/// <summary>Reads the records of an opened file.</summary>
internal sealed class RecordReader(OpeningStream input) : IDisposable
{
    private const int Longest = 1024 * 1024;

    private readonly ZLibStream packed = new(input, CompressionMode.Decompress, leaveOpen: true);
    private byte[] content = new byte[64 * 1024];

    /// <returns>The next record. Its content is valid until the next call.</returns>
    /// <exception cref="RefusedException"><c>backup_damaged</c></exception>
    public (RecordKind Kind, ReadOnlyMemory<byte> Content) Next()
    {
        Span<byte> head = stackalloc byte[5];
        Fill(head);
        var length = BinaryPrimitives.ReadInt32BigEndian(head[1..]);
        if (length is < 0 or > Longest)
            throw BackupRefusals.Damaged(input.Good);
        if (length > content.Length)
            content = new byte[length];
        Fill(content.AsSpan(0, length));
        return ((RecordKind)head[0], content.AsMemory(0, length));
    }

    public ReadOnlyMemory<byte> Next(RecordKind expected) =>
        Next() is var (kind, content) && kind == expected ? content : throw BackupRefusals.Damaged(input.Good);

    public T Parse<T>(ReadOnlyMemory<byte> json)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json.Span) ?? throw BackupRefusals.Damaged(input.Good);
        }
        catch (JsonException)
        {
            throw BackupRefusals.Damaged(input.Good);
        }
    }

    /// <summary>Reads to the end of the file, so that its last chunk is checked, too.</summary>
    public void RequireEnd()
    {
        Span<byte> more = stackalloc byte[1];
        if (packed.Read(more) != 0 || input.Read(more) != 0)
            throw BackupRefusals.Damaged(input.Good);
    }

    public void Dispose() => packed.Dispose();

    private void Fill(Span<byte> buffer)
    {
        try
        {
            if (packed.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false) == buffer.Length)
                return;
        }
        catch (InvalidDataException)
        {
            // It was not compressed as it is here.
        }

        throw BackupRefusals.Damaged(input.Good);
    }
}
