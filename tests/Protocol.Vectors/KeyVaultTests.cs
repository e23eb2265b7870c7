using System.Runtime.Versioning;
using System.Security.Cryptography;
using Npgsql;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Keys;

namespace PeerRegistry.Protocol.Vectors;

[SupportedOSPlatform("linux")]
public sealed class KeyVaultTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("keys-").FullName;
    private readonly NpgsqlDataSource nowhere = NpgsqlDataSource.Create("Host=/nowhere");

    [Theory]
    [InlineData(KeyKind.Ed25519)]
    [InlineData(KeyKind.Rsa)]
    public void A_sealed_key_opens_for_its_own_Portal_only(KeyKind kind)
    {
        using var master = MasterKey.OpenOrCreate(MasterFile);
        using var vault = new KeyVault(nowhere, master);
        var made = vault.Create(kind);

        using var key = vault.Unseal(made.Key.Id, made.Sealed.Span);
        Assert.Equal(made.Key, key.Public);
        Assert.Equal(kind == KeyKind.Rsa ? 512 : 64, key.SignatureLength);
        Assert.Throws<CryptographicException>(() => vault.Unseal(Given.Ed25519.Public.Id, made.Sealed.Span));

        var changed = made.Sealed.ToArray();
        changed[^1] ^= 1;
        Assert.Throws<CryptographicException>(() => vault.Unseal(made.Key.Id, changed));
        Assert.Throws<CryptographicException>(() => vault.Unseal(made.Key.Id, changed.AsSpan(0, 30)));
    }

    [Fact]
    public void Another_master_key_opens_nothing()
    {
        using var master = MasterKey.OpenOrCreate(MasterFile);
        using var other = MasterKey.OpenOrCreate(Path.Combine(directory, "other"));
        var made = new KeyVault(nowhere, master).Create(KeyKind.Ed25519);

        Assert.Throws<CryptographicException>(() => new KeyVault(nowhere, other).Unseal(made.Key.Id, made.Sealed.Span));
    }

    [Fact]
    public void The_master_key_file_is_made_once_and_readable_by_its_owner_only()
    {
        using var first = MasterKey.OpenOrCreate(MasterFile);
        using var again = MasterKey.OpenOrCreate(MasterFile);

        Assert.True(first.IsNew);
        Assert.False(again.IsNew);
        Assert.Equal(Derived(first), Derived(again));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(MasterFile));
        Assert.Single(Directory.GetFiles(directory));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.UserExecute)]
    public void A_master_key_file_that_is_more_open_is_refused(UnixFileMode more)
    {
        MasterKey.OpenOrCreate(MasterFile).Dispose();
        File.SetUnixFileMode(MasterFile, File.GetUnixFileMode(MasterFile) | more);

        Assert.Throws<InvalidDataException>(() => MasterKey.OpenOrCreate(MasterFile));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void A_master_key_of_another_size_is_refused(int size)
    {
        File.WriteAllBytes(MasterFile, new byte[size]);
        File.SetUnixFileMode(MasterFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        Assert.Throws<InvalidDataException>(() => MasterKey.OpenOrCreate(MasterFile));
    }

    [Fact]
    public void A_named_master_key_that_is_absent_is_not_made() => Assert.Throws<InvalidDataException>(() => MasterKey.Open(MasterFile));

    public static TheoryData<string, string> OldRows() =>
        [.. VectorFile.Read("sealed-keys.json").GetProperty("rows").EnumerateArray().Select(row => (row.Text("key"), row.Text("sealedBase64")))];

    [Theory]
    [MemberData(nameof(OldRows))]
    public void A_key_sealed_by_an_earlier_release_opens(string name, string box)
    {
        using var master = OldMaster();
        using var vault = new KeyVault(nowhere, master);
        var expected =
            PublicKey.Parse(VectorFile.Read("portal-ids.json").GetProperty("keys").EnumerateArray().Single(key => key.Text("name") == name)
                .Text("publicKeyPem"));

        using var key = vault.Unseal(expected.Id, Convert.FromBase64String(box));

        Assert.Equal(expected, key.Public);
    }

    [Fact]
    public void A_derived_key_is_that_of_HKDF_with_SHA_256()
    {
        using var master = OldMaster();

        Assert.Equal(HKDF.DeriveKey(HashAlgorithmName.SHA256, File.ReadAllBytes(MasterFile), 32, salt: [], info: "purpose"u8.ToArray()), Derived(master));
    }

    private MasterKey OldMaster()
    {
        File.WriteAllBytes(MasterFile, VectorFile.Read("sealed-keys.json").GetProperty("masterKeyBase64").GetBytesFromBase64());
        File.SetUnixFileMode(MasterFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return MasterKey.Open(MasterFile);
    }

    private static byte[] Derived(MasterKey master)
    {
        var key = new byte[32];
        master.Derive("purpose"u8, key);
        return key;
    }

    private string MasterFile => Path.Combine(directory, "master.key");

    public void Dispose()
    {
        nowhere.Dispose();
        Directory.Delete(directory, recursive: true);
    }
}
