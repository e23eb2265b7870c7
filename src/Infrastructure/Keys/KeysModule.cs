using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Portals;

namespace PeerRegistry.Infrastructure.Keys;

public static class KeysModule
{
    /// <summary>Adds the stored keys. The master key is read or created when it is first needed.</summary>
    public static IServiceCollection AddKeys(this IServiceCollection services)
    {
        services.AddSingleton(provider => OpenMasterKey(provider.GetRequiredService<RegistryOptions>()));
        services.AddSingleton<KeyVault>();
        services.AddSingleton<IKeyVault>(provider => provider.GetRequiredService<KeyVault>());
        services.AddSingleton<FormKeys>();
        services.AddSingleton<IProxySecrets, ProxySecrets>();
        services.AddSingleton<IWebhookSecrets, WebhookSecrets>();
        services.AddDataProtection().SetApplicationName("PeerRegistry");
        services.AddOptions<KeyManagementOptions>().Configure<FormKeys>((keys, rows) =>
            (keys.XmlRepository, keys.XmlEncryptor) = (rows, new NullXmlEncryptor())); // the rows are encrypted
        return services;
    }

    /// <summary>Where the master key is.</summary>
    internal static string FileOf(RegistryOptions options) =>
        options.Vault.MasterKeyFile is { Length: > 0 } file ? file : Path.Combine(options.Data.Directory, "master.key");

    private static MasterKey OpenMasterKey(RegistryOptions options) =>
        options.Vault.MasterKeyFile is { Length: > 0 } ? MasterKey.Open(FileOf(options)) : MasterKey.OpenOrCreate(FileOf(options));
}
