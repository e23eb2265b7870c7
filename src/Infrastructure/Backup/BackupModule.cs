using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Application.Backup;

namespace PeerRegistry.Infrastructure.Backup;

internal static class BackupModule
{
    public static IServiceCollection AddBackups(this IServiceCollection services)
    {
        services.AddSingleton<IBackups, Backups>();
        services.AddSingleton<DatabaseExport>();
        services.AddSingleton<DatabaseImport>();
        services.AddSingleton<BackupRecord>();
        services.AddSingleton<IBackupRecord>(provider => provider.GetRequiredService<BackupRecord>());
        return services;
    }
}
