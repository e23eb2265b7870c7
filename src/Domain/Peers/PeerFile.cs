using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Peers;

/// <summary>What a file says about one peer. Nothing of it has been checked.</summary>
/// <param name="Line">The number of the line in the file, from 1.</param>
/// <param name="Id">The ID or its beginning, or null if there is none.</param>
/// <param name="Name">The owner's name for the peer.</param>
/// <param name="Circles">The names of circles.</param>
/// <param name="IsBroken">Whether the line cannot be read.</param>
public sealed record PeerLine(int Line, string? Id, string? Name, string? Domain, string? Note, IReadOnlyList<string> Circles, bool IsBroken = false);

/// <summary>Reads a file with a contact list: CSV, or vCards.</summary>
public static class PeerFile
{
    /// <summary>In bytes.</summary>
    public const int MaxLength = 1 << 20;

    /// <summary>The maximum number of peers in a file.</summary>
    public const int MaxPeers = 2000;

    /// <exception cref="RefusedException"><c>import_invalid</c>; <c>import_too_large</c></exception>
    public static IReadOnlyList<PeerLine> Read(string text)
    {
        var content = text.TrimStart('\uFEFF');
        if (content.Contains('\0', StringComparison.Ordinal) || content.Contains('\uFFFD', StringComparison.Ordinal))
            throw Invalid("This is not a text file in UTF-8.");

        var lines = content.AsSpan().TrimStart().StartsWith("BEGIN:VCARD", StringComparison.OrdinalIgnoreCase) ? PeerCards.Read(content) : PeerTable.Read(content);
        var peers = lines.Take(MaxPeers + 1).ToList();
        return peers.Count switch
        {
            0 => throw Invalid("There is no peer in this file."),
            > MaxPeers => throw new RefusedException(RefusalKind.TooLarge, "import_too_large", $"A file has at most {MaxPeers} peers. Split it and import the parts."),
            _ => peers,
        };
    }

    internal static RefusedException Invalid(string message) => new(RefusalKind.Invalid, "import_invalid", message);

    public static string? Text(string? value) => string.IsNullOrWhiteSpace(value) ? null : value.Trim();
}
