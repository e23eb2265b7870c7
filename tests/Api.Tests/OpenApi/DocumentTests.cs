using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.ForwardAuth;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.OpenApi;
using PeerRegistry.Api.Pages;
using PeerRegistry.Api.SignedCalls;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Gateway;

namespace PeerRegistry.Api.Tests.OpenApi;

/// <summary>The OpenAPI documents: that they are whole, and that everything answers as they say.</summary>
public sealed partial class DocumentTests(GatewayPair pair) : IClassFixture<GatewayPair>
{
    /// <summary>Codes of pages, of apps that the gateway reaches, of the command line, and one that nginx turns into 403.</summary>
    private static readonly string[] Elsewhere =
    [
        "form_outdated", "import_invalid", "import_too_large", "portal_is_this_one", "undo_too_late",
        "app_failed", "app_timeout",
        "backup_damaged", "backup_foreign", "backup_newer", "file_taken", "nothing_to_back_up", "passphrase_short", "passphrase_wrong", "registry_running",
        "restore_place_taken", "import_key_invalid", "import_source_invalid", "import_source_missing", "portal_exists", "visibility_required",
        "header_reserved",
    ];

    private static readonly string[] CallMethods = ["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH"];

    public static readonly TheoryData<string> Listeners = ["edge", "internal"];

    [Theory, MemberData(nameof(Listeners))]
    public async Task The_document_in_docs_is_the_one_that_is_served(string listener)
    {
        using var client = new HttpClient { BaseAddress = listener == "edge" ? pair.Ada.Edge : pair.Ada.Internal };
        var served = await client.Get(OpenApiModule.Path);
        Assert.Equal("application/json", served.Answer.Content.Headers.ContentType?.MediaType);
        var kept = await File.ReadAllTextAsync(Path.Combine(Repository(), "docs/openapi", $"{listener}.json"), TestContext.Current.CancellationToken);
        Assert.True(served.Body == kept, $"docs/openapi/{listener}.json is out of date. Write it anew: ./run openapi {listener} > docs/openapi/{listener}.json");
    }

    [Theory, MemberData(nameof(Listeners))]
    public async Task Every_route_of_a_listener_is_in_its_document_and_no_other(string listener)
    {
        var described = (await Read(pair.Ada, listener)).Operations.Select(operation => $"{operation.Method} {operation.Path}");
        var routes =
            from endpoint in pair.Ada.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            where Http.Listeners.NameOf(endpoint.Listener()!.Value) == listener && !IsForPeople(endpoint)
            from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods
            where method != "HEAD"
            select $"{method} /{endpoint.RoutePattern.RawText!.Trim('/')}";
        string[] beforeRouting = listener == "edge"
            ? []
            :
            [
                $"GET {ForwardAuthMiddleware.Path}", $"GET {ForwardAuthMiddleware.NginxPath}",
                .. CallMethods.Select(method => $"{method} {CallPeerMiddleware.Path}/{{id}}/{{path}}"),
            ];
        Assert.Equal(routes.Concat(beforeRouting).Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    }

    /// <summary>A handler is what has a method of its own. Another one is compiled as part of the program.</summary>
    [Fact]
    public void No_route_compiles_its_handler_before_it_is_called()
    {
        var endpoints = pair.Ada.Services.GetRequiredService<EndpointDataSource>().Endpoints;
        var handlers = endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<MethodInfo>() is not null);
        Assert.All(handlers, endpoint => Assert.Equal(typeof(Routes), endpoint.RequestDelegate!.Method.DeclaringType?.DeclaringType));
    }

    [Theory, MemberData(nameof(Listeners))]
    public async Task Every_operation_says_what_it_does_and_every_body_has_a_valid_example(string listener)
    {
        var api = await Read(pair.Ada, listener);
        Assert.All(api.Operations, operation => Assert.EndsWith(".", operation.Json["summary"]?.GetValue<string>(), StringComparison.Ordinal));
        Assert.Distinct(api.Operations.Select(operation => operation.Id));
        foreach (var (place, schema, example) in api.Examples())
        {
            if (schema.AsObject().Count > 0)
                api.Check($"The example of {place}", schema, example);
        }
    }

    /// <summary>A client can only expect what a document names.</summary>
    [Fact]
    public void Every_code_of_a_refusal_is_in_a_document_or_never_reaches_a_client_of_the_API()
    {
        var documents = string.Concat(Directory.GetFiles(Path.Combine(Repository(), "docs/openapi"), "*.json").Select(File.ReadAllText));
        var codes =
            from file in Directory.GetFiles(Path.Combine(Repository(), "src"), "*.cs", SearchOption.AllDirectories)
            from match in Code().Matches(File.ReadAllText(file))
            select match.Groups["code"].Value;
        Assert.Equal(
            Elsewhere.Order(StringComparer.Ordinal),
            codes.Distinct().Where(code => !Regex.IsMatch(documents, $"\\b{code}\\b")).Order(StringComparer.Ordinal));
    }

    internal static async Task<DescribedApi> Read(LivePortal portal, string listener)
    {
        using var client = new HttpClient { BaseAddress = listener == "edge" ? portal.Edge : portal.Internal };
        return new DescribedApi((await client.Get(OpenApiModule.Path)).Body);
    }

    /// <summary>Pages, what pages load, and the forms that they send.</summary>
    private static bool IsForPeople(RouteEndpoint endpoint) =>
        endpoint.Metadata.GetMetadata<ReadByPeople>() is not null
        || endpoint.RoutePattern.RawText!.Trim('/').Split('/') is ["assets", ..] or ["core", "protected", "api", ..];

    [GeneratedRegex("""(RefusalKind\.\w+,\s*|WithErrorCode\(|Refused\()["](?<code>[a-z_]+)["]""")]
    private static partial Regex Code();

    private static string Repository()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at.FullName, "PeerRegistry.sln")))
            at = at.Parent!;
        return at.FullName;
    }
}
