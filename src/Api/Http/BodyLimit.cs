using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;

namespace PeerRegistry.Api.Http;

/// <summary>
/// The most bytes that an endpoint reads of a body, where that is not <see cref="Usual"/>; more is 413 <c>body_too_large</c>.
/// </summary>
internal sealed record BodyLimit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata
{
    /// <summary>Bytes, for every endpoint that names no limit of its own.</summary>
    public const int Usual = 16 * 1024;

    /// <summary>Bytes that the other fields and the frame of a form may take beside its one large field.</summary>
    public const int BesideLargeField = 16 * 1024;

    /// <summary>A form is held in memory, within the limit of its endpoint, and never written to a temporary file.</summary>
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
