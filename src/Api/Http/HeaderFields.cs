using PeerRegistry.Application.SignedCalls;

namespace PeerRegistry.Api.Http;

internal sealed class HeaderFields(IHeaderDictionary headers) : IFields
{
    public IReadOnlyList<string> Get(string name) => headers.TryGetValue(name, out var values) && values.Count > 0 ? values! : [];
}
