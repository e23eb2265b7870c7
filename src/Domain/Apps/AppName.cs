using System.Text.RegularExpressions;

namespace PeerRegistry.Domain.Apps;

/// <summary>
/// An app's name, which is also the label before the Portal's domain: 1 to 63 lower-case letters, digits and, except at either end, dashes
/// and underscores. Underscores are accepted because descriptions written for the original core have them (ADR 0010).
/// </summary>
public static partial class AppName
{
    public const string Form = "1 to 63 lower-case letters, digits, dashes or underscores, beginning and ending with a letter or digit";

    public static bool IsValid(string name) => Pattern().IsMatch(name);

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?\z")]
    private static partial Regex Pattern();
}
