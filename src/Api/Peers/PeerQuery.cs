using System.Globalization;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Circles;

namespace PeerRegistry.Api.Peers;

/// <summary>What of the contact list a page shows, as it stands in the page's address and in hidden fields of its forms.</summary>
/// <param name="Number">The page of the list, from 1.</param>
public sealed record PeerQuery(PeerFilter Filter, PeerOrder Order, int Number)
{
    private const int MaxText = 200;
    private const int MaxNumber = 100_000;

    /// <summary>The fields that are set.</summary>
    public IEnumerable<(string Name, string Value)> Fields => new (string Name, string? Value)[]
    {
        ("text", Filter.Text),
        ("standing", Filter.Standing?.ToString()),
        ("app", Filter.App),
        ("circle", Filter.Circle?.Value),
        ("sort", Order == PeerOrder.Name ? null : Order.ToString()),
    }.Where(set => set.Value is not null).Select(set => (set.Name, set.Value!));

    public bool IsFiltered => Filter != PeerFilter.All;

    /// <param name="field">Returns the value of a field, or null or nothing if it is absent. What is not understood counts as absent.</param>
    public static PeerQuery Of(Func<string, string?> field) => new(
        new PeerFilter(
            Cut(field("text")),
            Enum.TryParse<PeerStanding>(field("standing"), out var standing) && Enum.IsDefined(standing) ? standing : null,
            string.IsNullOrEmpty(field("app")) ? null : field("app"),
            CircleId.TryParse(field("circle"), out var circle) ? circle : null),
        Enum.TryParse<PeerOrder>(field("sort"), out var order) && Enum.IsDefined(order) ? order : PeerOrder.Name,
        int.TryParse(field("page"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? Math.Clamp(number, 1, MaxNumber) : 1);

    /// <summary>The address of a page with these fields, to which further ones can be appended.</summary>
    public string Path(string page = "/peers") => $"{page}?{string.Concat(Fields.Select(set => $"{set.Name}={Uri.EscapeDataString(set.Value)}&"))}";

    private static string? Cut(string? text) => text?.Trim() switch
    {
        null or "" => null,
        { Length: > MaxText } much => much[..MaxText],
        var some => some,
    };
}
