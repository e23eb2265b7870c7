using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using PeerRegistry.Application.Backup;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;
using PeerRegistry.Infrastructure.Backup;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Protocol.Vectors;

/// <summary>The format of backup files: what was changed anywhere, cut off or put together otherwise is refused.</summary>
public sealed class BackupFileTests : IDisposable
{
    private const string Phrase = "four quiet words here";
    private const int Box = SealedChunks.Length + SealedChunks.TagLength;

    private static readonly DerivationCost Cheap = new(8, 1);
    private static readonly DateTimeOffset MadeAt = new(2026, 11, 26, 13, 0, 0, TimeSpan.Zero);

    private readonly string directory = Directory.CreateTempSubdirectory("peerregistry-backup-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void A_whole_file_says_what_it_holds()
    {
        var contents = Read(Whole());
        Assert.Equal((MadeAt, "1.2.3"), (contents.MadeAt, contents.Version));
        Assert.Equal(Migrator.Embedded(typeof(Migrator).Assembly)[^1].Number, contents.Schema);
        Assert.Equal([new BackedUpTable("big", 3), new BackedUpTable("empty", 0)], contents.Tables);
    }

    [Fact]
    public void The_first_lines_name_the_format_and_its_parameters()
    {
        var lines = Encoding.ASCII.GetString(Whole().AsSpan(0, 250)).Split('\n');
        Assert.Equal("PeerRegistry backup 1", lines[0]);
        Assert.Matches(
            """^\{"made_at":"2026-11-26T13:00:00\+00:00","kdf":"argon2id","memory_kib":8,"passes":1,"salt":"[A-Za-z0-9+/]{22}==","cipher":"xchacha20poly1305-stream-64k"\}$""",
            lines[1].Replace("\\u002B", "+", StringComparison.Ordinal));
    }

    [Fact]
    public void Neither_the_passphrase_nor_the_content_nor_a_chunk_appears_twice()
    {
        var (one, two) = (Whole(), Whole());
        Assert.Equal(-1, one.AsSpan().IndexOf("PGCOPY"u8));
        Assert.Equal(-1, one.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Phrase)));
        Assert.NotEqual(one[^Box..], two[^Box..]);
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        var (whole, head) = (Whole(), HeadLength);
        for (var length = 0; length < whole.Length; length += length < head + 40 || (length - head) % Box is < 20 or > Box - 20 ? 1 : 331)
            Assert.Contains(Refusal(whole[..length]), length < 22 ? ["backup_foreign", "backup_newer"] : (string[])["backup_damaged"]);
    }

    [Fact]
    public void Every_flipped_byte_is_refused()
    {
        var (whole, head) = (Whole(), HeadLength);
        for (var at = 0; at < whole.Length; at += at < head + 40 || (at - head) % Box is < 20 or > Box - 20 ? 1 : 331)
        {
            var flipped = (byte[])whole.Clone();
            flipped[at] ^= 1;
            Assert.Contains(
                Refusal(flipped),
                at < 22 ? ["backup_foreign", "backup_newer"]
                    : at < head ? ["backup_damaged", "passphrase_wrong"]
                    : (string[])["backup_damaged"]);
        }
    }

    [Fact]
    public void Chunks_that_are_swapped_dropped_repeated_or_of_another_file_are_refused()
    {
        var (whole, other, head) = (Whole(), Whole(), HeadLength);
        byte[] Chunk(byte[] of, int number) => of[(head + (number * Box))..Math.Min(of.Length, head + ((number + 1) * Box))];
        var (first, second, third, rest) = (Chunk(whole, 0), Chunk(whole, 1), Chunk(whole, 2), whole[(head + (3 * Box))..]);
        byte[][] wrong =
        [
            [.. whole[..head], .. second, .. first, .. third, .. rest],
            [.. whole[..head], .. first, .. third, .. rest],
            [.. whole[..head], .. first, .. first, .. second, .. third, .. rest],
            [.. whole[..head], .. first, .. Chunk(other, 1), .. third, .. rest],
            [.. whole[..head], .. other[head..]],
            [.. whole[..head], .. first, .. second, .. third], // cut off at the end of a chunk
            [.. whole, 0],
            [.. whole, .. whole[^Box..]],
        ];
        Assert.All(wrong, file => Assert.Equal("backup_damaged", Refusal(file)));
    }

    [Fact]
    public void Another_passphrase_a_foreign_file_and_a_later_format_have_codes_of_their_own()
    {
        Assert.Equal("passphrase_wrong", Refusal(Whole(), "four quiet words hers"));
        Assert.Equal("passphrase_wrong", Refusal(Whole(), ""));
        Assert.Equal("backup_foreign", Refusal(RandomNumberGenerator.GetBytes(1000)));
        Assert.Equal("backup_foreign", Refusal([]));
        Assert.Equal("backup_newer", Refusal([.. "PeerRegistry backup 2\n"u8, 1, 2, 3]));
    }

    [Fact]
    public void A_header_that_asks_for_more_memory_than_there_is_gets_none()
    {
        var text = Encoding.ASCII.GetString(Whole().AsSpan(0, HeadLength)).Replace("\"memory_kib\":8", "\"memory_kib\":2000000000", StringComparison.Ordinal);
        Assert.Equal("backup_damaged", Refusal(Encoding.ASCII.GetBytes(text)));
    }

    [Fact]
    public void A_file_whose_rows_are_not_those_that_it_counts_is_refused() => Assert.Equal("backup_damaged", Refusal(Whole(rows: 4)));

    [Fact]
    public void A_file_of_a_later_schema_is_refused() => Assert.Equal(
        "backup_newer", Refusal(Whole(later: new AppliedMigration(9999, new string('a', 64)))));

    [Fact]
    public void Rows_are_counted_in_whatever_pieces_they_come()
    {
        var table = Table([[1, 2, 3], []], [null, [4]]);
        for (var size = 1; size <= table.Length; size++)
        {
            var counted = new CopiedRows();
            Assert.All(table.Chunk(size), piece => Assert.True(counted.Read(piece)));
            Assert.Equal((2, true), (counted.Rows, counted.IsComplete));
            Assert.False(counted.Read([0]));
        }

        var cut = new CopiedRows();
        Assert.True(cut.Read(table.AsSpan(0, table.Length - 1)) && !cut.IsComplete);
        Assert.False(new CopiedRows().Read(RandomNumberGenerator.GetBytes(100)));
    }

    private static int HeadLength
    {
        get
        {
            using var output = new MemoryStream();
            BackupHeader.Write(output, Phrase, MadeAt, Cheap).Dispose();
            return (int)output.Length;
        }
    }

    /// <returns>A file with more than three chunks.</returns>
    private static byte[] Whole(string phrase = Phrase, long rows = 3, AppliedMigration? later = null)
    {
        var migrations = Migrator.Embedded(typeof(Migrator).Assembly).Select(m => new AppliedMigration(m.Number, m.Checksum));
        using var output = new MemoryStream();
        using var key = BackupHeader.Write(output, phrase, MadeAt, Cheap);
        using var chunks = new SealingStream(output, key);
        using (var records = new RecordWriter(chunks))
        {
            records.WriteJson(RecordKind.Manifest, new BackupManifest(MadeAt, "1.2.3", [.. migrations, .. later is null ? [] : new[] { later }], ["abc"]));
            records.Write(RecordKind.MasterKey, new byte[32]);
            records.WriteJson(RecordKind.Table, new TableHead("big", [new TableColumn("bytes", "bytea")]));
            foreach (var piece in Table([RandomNumberGenerator.GetBytes(100_000)], [RandomNumberGenerator.GetBytes(120_000)], [null]).Chunk(50_000))
                records.Write(RecordKind.Data, piece);
            records.WriteJson(RecordKind.EndOfTable, new TableEnd(rows));
            records.WriteJson(RecordKind.Table, new TableHead("empty", []));
            records.Write(RecordKind.Data, Table());
            records.WriteJson(RecordKind.EndOfTable, new TableEnd(0));
            records.Write(RecordKind.End, []);
        }

        chunks.Finish();
        return output.ToArray();
    }

    /// <summary>As PostgreSQL's documentation of COPY describes the binary format.</summary>
    private static byte[] Table(params byte[]?[][] rows)
    {
        using var table = new MemoryStream();
        table.Write([.. "PGCOPY\n"u8, 0xff, .. "\r\n\0"u8, 0, 0, 0, 0, 0, 0, 0, 0]);
        Span<byte> number = stackalloc byte[4];
        foreach (var row in rows)
        {
            BinaryPrimitives.WriteInt16BigEndian(number, (short)row.Length);
            table.Write(number[..2]);
            foreach (var field in row)
            {
                BinaryPrimitives.WriteInt32BigEndian(number, field?.Length ?? -1);
                table.Write(number);
                table.Write(field ?? []);
            }
        }

        table.Write([0xff, 0xff]);
        return table.ToArray();
    }

    private string Refusal(byte[] file, string phrase = Phrase) => Assert.Throws<RefusedException>(() => Read(file, phrase)).Code;

    private BackupContents Read(byte[] file, string phrase = Phrase)
    {
        var path = Path.Combine(directory, "a.backup");
        File.WriteAllBytes(path, file);
        var backups = new Backups(null!, new RegistryOptions(), TimeProvider.System);
        return backups.Verify(path, phrase, new Progress<BackupProgress>(), default).GetAwaiter().GetResult();
    }
}
