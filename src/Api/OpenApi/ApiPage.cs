using System.IO.Compression;
using System.Net.Mime;
using System.Text.Json.Nodes;
using PeerRegistry.Api.Http;
using Scalar.AspNetCore;

namespace PeerRegistry.Api.OpenApi;

/// <summary>
/// The owner's page to read the document of the edge and to try it. It consists of Scalar's script, which the package brings along. Its policy lets it
/// reach nothing but this origin. Requests that are tried carry the owner's cookie.
/// </summary>
internal static class ApiPage
{
    public const string Path = "/core/protected/api";

    private const string ScriptPath = Path + "/scalar.js";

    /// <summary>Only the styles are less strict than on other pages, because Scalar writes its own into the page.</summary>
    private const string ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        + "font-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

    private static readonly string Page = $"""
        <!doctype html>
        <html lang="en">
        <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>API</title></head>
        <body>
        <script id="api-reference" data-url="{OpenApiModule.Path}" data-configuration='{Configuration().ToJsonString()}'></script>
        <script src="{ScriptPath}"></script>
        </body>
        </html>

        """;

    private static readonly Lazy<byte[]> Script = new(ReadScript);

    public static void MapApiPage(this IEndpointRouteBuilder edge)
    {
        var page = edge.MapGroup(Path).RequireAuthorization(Policies.Owner).ExcludeFromDescription();
        page.MapGet("", (HttpResponse response) =>
        {
            response.Headers.CacheControl = "no-store";
            response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
            return TypedResults.Text(Page, MediaTypeNames.Text.Html);
        });
        page.MapGet("/scalar.js", (HttpResponse response) =>
        {
            response.Headers.CacheControl = "private, max-age=86400";
            return TypedResults.Bytes(Script.Value, "text/javascript; charset=utf-8");
        });
    }

    /// <summary>Switches off whatever would be fetched from elsewhere or sent there.</summary>
    private static JsonObject Configuration() => new()
    {
        ["withDefaultFonts"] = false,
        ["telemetry"] = false,
        ["hideClientButton"] = true,
        ["showDeveloperTools"] = "never",
        ["agent"] = new JsonObject { ["disabled"] = true },
        ["mcp"] = new JsonObject { ["disabled"] = true },
    };

    private static byte[] ReadScript()
    {
        using var resource = typeof(ScalarOptions).Assembly.GetManifestResourceStream("ScalarStaticAssets.scalar.js")!;
        using var unpacked = new GZipStream(resource, CompressionMode.Decompress);
        using var script = new MemoryStream();
        unpacked.CopyTo(script);
        return script.ToArray();
    }
}
