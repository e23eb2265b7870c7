using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Npgsql;

namespace PeerRegistry.Infrastructure.Keys;

/// <summary>
/// The keys of ASP.NET's data protection, with which the pages' form tokens are made. They are rows of table form_keys, so that all
/// nodes share them and a restart keeps them, each sealed under the master key.
/// </summary>
internal sealed class FormKeys(NpgsqlDataSource database, MasterKey master) : IXmlRepository
{
    private const int NonceLength = 12;
    private const int TagLength = 16;

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var command = database.CreateCommand("select id, sealed from registry.form_keys order by id");
        using var reader = command.ExecuteReader();
        var keys = new List<XElement>();
        while (reader.Read())
            keys.Add(XElement.Parse(Open(reader.GetString(0), reader.GetFieldValue<byte[]>(1))));
        return keys;
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        using var command = database.CreateCommand("insert into registry.form_keys (id, sealed) values ($1, $2)");
        command.Parameters.AddWithValue(friendlyName);
        command.Parameters.AddWithValue(Seal(friendlyName, element.ToString(SaveOptions.DisableFormatting)));
        command.ExecuteNonQuery();
    }

    /// <summary>Nonce, AES-256-GCM ciphertext bound to the name, tag.</summary>
    private byte[] Seal(string name, string xml)
    {
        var plain = Encoding.UTF8.GetBytes(xml);
        var box = new byte[NonceLength + plain.Length + TagLength];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceLength));
        using var cipher = Cipher();
        cipher.Encrypt(
            box.AsSpan(0, NonceLength), plain, box.AsSpan(NonceLength, plain.Length), box.AsSpan(NonceLength + plain.Length),
            Encoding.UTF8.GetBytes(name));
        return box;
    }

    private string Open(string name, byte[] box)
    {
        var plain = new byte[box.Length - NonceLength - TagLength];
        using var cipher = Cipher();
        cipher.Decrypt(
            box.AsSpan(0, NonceLength), box.AsSpan(NonceLength, plain.Length), box.AsSpan(NonceLength + plain.Length), plain,
            Encoding.UTF8.GetBytes(name));
        return Encoding.UTF8.GetString(plain);
    }

    /// <summary>Uses a key of its own, derived from the master key, so that nothing else is ever sealed with it.</summary>
    private AesGcm Cipher()
    {
        Span<byte> key = stackalloc byte[32];
        master.Derive("form keys"u8, key);
        try
        {
            return new AesGcm(key, TagLength);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }
}
