using System.Net.Http.Headers;
using PeerRegistry.Application.SignedCalls;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>Header or trailer fields of a message that we sent or received.</summary>
internal sealed class MessageFields(params IEnumerable<HttpHeadersNonValidated> fields) : IFields
{
    public MessageFields(HttpResponseMessage response)
        : this(response.Headers.NonValidated, response.Content.Headers.NonValidated)
    {
    }

    public IReadOnlyList<string> Get(string name)
    {
        foreach (var part in fields)
        {
            if (part.TryGetValues(name, out var values))
                return [.. values];
        }

        return [];
    }
}

/// <summary>The fields that we have added to a request.</summary>
internal sealed class AddedFields(IReadOnlyList<KeyValuePair<string, string>> fields) : IFields
{
    public static readonly AddedFields None = new([]);

    public IReadOnlyList<string> Get(string name) =>
        [.. fields.Where(field => field.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(field => field.Value)];
}
