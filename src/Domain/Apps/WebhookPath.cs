namespace PeerRegistry.Domain.Apps;

/// <summary>
/// The path to which the core posts events. It can be read in one way only: no query, no empty segment, none that begins with a dot, and nothing that is
/// percent-encoded.
/// </summary>
public static class WebhookPath
{
    public const int MaxLength = 200;

    public const string Form = "a path such as /hooks/peers, of letters, digits, dashes, dots, underscores and tildes, with at most 200 characters";

    public static bool IsValid(string path) =>
        path is ['/', _, ..] && path.Length <= MaxLength && path[1..].Split('/').All(segment => segment is [not '.', ..] && segment.All(MayOccur));

    private static bool MayOccur(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '~';
}
