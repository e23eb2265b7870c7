using Microsoft.AspNetCore.Http.Metadata;

namespace PeerRegistry.Api.Kernel;

/// <summary>The most bytes that an endpoint reads of a body; more is 413 <c>body_too_large</c>.</summary>
internal sealed record BodyLimit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata;
