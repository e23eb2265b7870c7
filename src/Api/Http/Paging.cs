using Microsoft.AspNetCore.WebUtilities;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.Http;

/// <summary>
/// The paging of every list: <c>limit</c> is 1 to 1000 (default 1000), <c>after</c> is a cursor, and the response has a <c>Link</c> header with
/// <c>rel="next"</c> (RFC 8288) if there are more items.
/// </summary>
internal static class Paging
{
    public const int MaxLimit = 1000;

    /// <exception cref="RefusedException"><c>request_invalid</c></exception>
    public static int Limit(int? asked) => asked switch
    {
        null => MaxLimit,
        >= 1 and <= MaxLimit => asked.Value,
        _ => throw Invalid($"limit goes from 1 to {MaxLimit}."),
    };

    public static RefusedException Invalid(string message) => new(RefusalKind.Invalid, "request_invalid", message);

    /// <param name="found">The items, up to one more than <paramref name="limit"/>, which shows that there are more.</param>
    /// <param name="cursor">Returns the value of <c>after</c> with which the next page begins after this item.</param>
    public static IReadOnlyList<T> Page<T>(this HttpContext context, IReadOnlyList<T> found, int limit, Func<T, string> cursor)
    {
        if (found.Count <= limit)
            return found;

        var page = found.Take(limit).ToList();
        var query = context.Request.Query.Where(q => q.Key != "after").ToDictionary(q => q.Key, q => (string?)q.Value.ToString());
        query["after"] = cursor(page[^1]);
        context.Response.Headers.Link = $"<{QueryHelpers.AddQueryString(context.Request.Path, query)}>; rel=\"next\"";
        return page;
    }
}
