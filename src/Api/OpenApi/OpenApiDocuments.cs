using System.Collections.Concurrent;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using PeerRegistry.Api.Http;

namespace PeerRegistry.Api.OpenApi;

/// <summary>Makes each document once, since anybody may ask for it.</summary>
internal sealed class OpenApiDocuments(IServiceProvider services)
{
    private readonly ConcurrentDictionary<Listener, Lazy<Task<byte[]>>> made = new();

    public Task<byte[]> Json(Listener listener) => made.GetOrAdd(listener, one => new Lazy<Task<byte[]>>(() => Make(one))).Value;

    private async Task<byte[]> Make(Listener listener)
    {
        await using var scope = services.CreateAsyncScope();
        var document = await scope.ServiceProvider.GetRequiredKeyedService<IOpenApiDocumentProvider>(Listeners.NameOf(listener)).GetOpenApiDocumentAsync();
        using var json = new MemoryStream();
        await document.SerializeAsJsonAsync(json, OpenApiSpecVersion.OpenApi3_1);
        json.WriteByte((byte)'\n');
        return json.ToArray();
    }
}
