using System.Diagnostics;

namespace PeerRegistry.Domain.Apps;

/// <summary>What an app may read from the core beyond its peers, if its description asks for it and the owner grants it.</summary>
public enum AppPermission
{
    /// <summary>The owner's name and picture.</summary>
    Profile,

    /// <summary>The names of the owner's devices, and when each was last used.</summary>
    Devices,
}

/// <summary>How the owner has decided about a permission that an app asks for.</summary>
public enum PermissionStatus
{
    Undecided,
    Granted,
    Denied,
}

/// <summary>A decision of the owner about one permission of one app.</summary>
public sealed record PermissionDecision(AppPermission Permission, bool Granted);

public static class AppPermissions
{
    private static readonly Dictionary<string, AppPermission> ByWord =
        Enum.GetValues<AppPermission>().ToDictionary(Word, StringComparer.Ordinal);

    public static bool TryParse(string word, out AppPermission permission) => ByWord.TryGetValue(word, out permission);

    /// <summary>The word for it in descriptions and addresses.</summary>
    public static string Word(AppPermission permission) => permission switch
    {
        AppPermission.Profile => "profile",
        AppPermission.Devices => "devices",
        _ => throw new UnreachableException(permission.ToString()),
    };
}
