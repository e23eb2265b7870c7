using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;

namespace PeerRegistry.Api.Http;

/// <summary>
/// The maximum size of an endpoint's request body in bytes, if it is not <see cref="Usual"/>. A larger body is refused with 413 <c>body_too_large</c>.
/// </summary>
internal sealed record BodyLimit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata
{
    /// <summary>The limit in bytes for every endpoint without one of its own.</summary>
    public const int Usual = 16 * 1024;

    /// <summary>The bytes that a form with one large field may have for all other fields and the encoding.</summary>
    public const int BesideLargeField = 16 * 1024;

    /// <summary>Keeps forms in memory, within the limit of the endpoint, so that they are never written to a temporary file.</summary>
    public static void KeepInMemory(FormOptions forms)
    {
        forms.MemoryBufferThreshold = int.MaxValue;
        forms.ValueLengthLimit = int.MaxValue;
        forms.KeyLengthLimit = 128;
        forms.ValueCountLimit = 512;
        forms.MultipartBoundaryLengthLimit = 128;
        forms.MultipartHeadersCountLimit = 8;
        forms.MultipartHeadersLengthLimit = 4 * 1024;
    }
}
