namespace PeerRegistry.Domain.Portals;

/// <summary>The rule for the owner's e-mail address: one that mail can be sent to over the internet, so its domain has at least two labels.</summary>
public static class EmailAddress
{
    /// <summary>RFC 5321 section 4.5.3.1.1.</summary>
    private const int MaxLocalPart = 64;

    public static bool IsValid(string text) =>
        text.Length <= Profile.MaxEmail && text.Split('@') is [var local, var domain] && IsLocal(local) && IsDomain(domain);

    private static bool IsLocal(string local) => local.Length is > 0 and <= MaxLocalPart && local[0] != '.' && local[^1] != '.'
        && !local.Contains("..", StringComparison.Ordinal) && !local.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || "<>()[]\\,;:\"".Contains(c, StringComparison.Ordinal));

    private static bool IsDomain(string domain) => domain.Split('.') is { Length: > 1 } labels && labels.All(IsLabel) && !labels[^1].All(char.IsAsciiDigit);

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-' && label.All(c => char.IsLetterOrDigit(c) || c == '-');
}
