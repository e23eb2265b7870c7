namespace PeerRegistry.Api.Devices;

/// <summary>Suggests a name for a browser from its <c>User-Agent</c>. The owner can change it.</summary>
internal static class DeviceGuess
{
    private static readonly (string Sign, string Name)[] Browsers =
        [("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];

    private static readonly (string Sign, string Name)[] Systems =
        [("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "Mac"), ("Linux", "Linux")];

    public static string Of(string? userAgent)
    {
        var (browser, system) = (First(Browsers, userAgent), First(Systems, userAgent));
        return (browser, system) switch
        {
            (null, null) => "My device",
            (_, null) => browser,
            (null, _) => system,
            _ => $"{browser} on {system}",
        };
    }

    private static string? First((string Sign, string Name)[] signs, string? userAgent) =>
        Array.Find(signs, s => userAgent?.Contains(s.Sign, StringComparison.Ordinal) == true).Name;
}
