using System.Collections.Frozen;
using System.IO.Compression;
using System.Security.Cryptography;

namespace PeerRegistry.Api.Pages;

/// <summary>
/// Serves the static files, which are embedded in the assembly. Each path contains a hash of the content, so browsers can cache a file for a year
/// and still never use an old version.
/// </summary>
internal static class SiteFiles
{
    private static readonly FrozenDictionary<string, SiteFile> All = new[]
    {
        Load("site.css", "text/css; charset=utf-8"),
        Load("site.js", "text/javascript; charset=utf-8"),
        Load("avatar.js", "text/javascript; charset=utf-8"),
        Load("icon.svg", "image/svg+xml"),
    }.ToFrozenDictionary(a => a.Name);

    /// <returns>The path on this origin.</returns>
    public static string Url(string name) => All[name].Url;

    public static void MapSiteFiles(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/assets/{hash}/{name}", Get).WithName("assets.get").ExcludeFromDescription();

    private static IResult Get(string hash, string name, HttpContext context)
    {
        if (!All.TryGetValue(name, out var asset) || asset.Hash != hash)
            return Results.NotFound();

        var headers = context.Response.Headers;
        headers.CacheControl = "public, max-age=31536000, immutable";
        headers.Vary = "Accept-Encoding";
        if (!context.Request.Headers.AcceptEncoding.ToString().Contains("br", StringComparison.Ordinal))
            return Results.Bytes(asset.Plain, asset.MediaType);

        headers.ContentEncoding = "br";
        return Results.Bytes(asset.Brotli, asset.MediaType);
    }

    private static SiteFile Load(string name, string mediaType)
    {
        using var resource = typeof(SiteFiles).Assembly.GetManifestResourceStream($"assets/{name}")!;
        using var plain = new MemoryStream();
        resource.CopyTo(plain);
        using var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, CompressionLevel.SmallestSize))
            brotli.Write(plain.ToArray());
        return new SiteFile(name, mediaType, Convert.ToHexStringLower(SHA256.HashData(plain.ToArray()))[..16], plain.ToArray(), packed.ToArray());
    }

    private sealed record SiteFile(string Name, string MediaType, string Hash, byte[] Plain, byte[] Brotli)
    {
        public string Url => $"/assets/{Hash}/{Name}";
    }
}
