using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Npgsql;

namespace PeerRegistry.Infrastructure.Keys;

/// <summary>
/// Stores the keys of ASP.NET's data protection, which protect the form tokens of the pages. They are rows of table <c>form_keys</c>, each
/// encrypted under the master key, so that all nodes share them and they survive a restart.
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

    /// <summary>Returns the nonce, the AES-256-GCM ciphertext, with which the name is authenticated, and the tag.</summary>
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

    /// <summary>Encrypts with a key that is derived from the master key and used for nothing else.</summary>
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
