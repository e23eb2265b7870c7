using System.Globalization;
using System.Text;
using PeerRegistry.Domain.Apps;

namespace PeerRegistry.Api.ForwardAuth.ProxyConfig;

/// <summary>
/// Prints the <c>http</c> block of nginx, which needs the auth_request module. That module turns every status except 2xx, 401 and 403 into 500, so
/// the core uses only these and sends the real status in a header field; nginx then fetches the rendered refusal from the core.
/// </summary>
internal static class NginxConfig
{
    /// <summary>The tested version. nginx before 1.17.9 did not refuse a second <c>Host</c>.</summary>
    public const string MinimumVersion = "1.22.1";

    public static string Write(ProxySetup setup)
    {
        var text = new StringBuilder($$"""
            # Made by ./run proxy-config nginx. Make it again whenever an app is registered or removed, and after an update of the registry.
            # Needs nginx {{MinimumVersion}} or later, with auth_request. Holds secrets: nobody but nginx may read it.
            #
            # The core judges a request to an app once, at its start. What was let in is then the proxy's: a stream ends when
            # nothing has passed for {{ProxySetup.StreamSeconds}} s; a peer or device that is removed meanwhile keeps what it has open until then.
            # nginx knows no longest life of a stream that keeps moving; a reload with worker_shutdown_timeout (in the main
            # context) ends them all.
            #
            # Only a WebSocket is upgraded: any other protocol would carry requests that nobody judged.
            map "$server_protocol $http_upgrade $http_connection" $portal_upgrade {
                default '';
                "~*^HTTP/1\.1 websocket (.*,)?\s*upgrade\s*(,.*)?$" websocket;
            }
            map $portal_upgrade $portal_connection {
                default   '';
                websocket upgrade;
            }

            """);
        foreach (var portal in setup.Portals)
        {
            Server(text, portal.Domain, setup, Edge(setup));
            foreach (var app in portal.Apps)
                Server(text, $"{app.Name}.{portal.Domain}", setup, App(portal, app, setup));
            Others(text, portal, setup);
        }

        return text.ToString();
    }

    private static void Server(StringBuilder text, string name, ProxySetup setup, string locations) => text.Append(CultureInfo.InvariantCulture, $$"""

        server {
            listen {{setup.Port}} ssl http2;
            server_name {{name}};
            # The request line can name another host than the Host header; this server answers for one only. Without
            # a Host header the core refuses to answer.
            if ($host != {{name}}) {
                return 421;
            }
            if ($http_host !~* "^{{name.Replace(".", "\\.", StringComparison.Ordinal)}}(:[0-9]+)?$|^$") {
                return 421;
            }
            ssl_certificate {{setup.Certificate ?? "/etc/nginx/portal.pem"}};
            ssl_certificate_key {{setup.CertificateKey ?? "/etc/nginx/portal.key"}};
            ssl_session_cache shared:portal:10m;
            merge_slashes off;            # what is judged is what is passed on
            large_client_header_buffers 1 {{HeadLimit.ProxyKilobytes}}k;   # the core answers above its own limit, in words
            error_page 494 = @portal_head_too_large;
            error_page 414 = /-portal-address-too-long;
            client_max_body_size 0;       # the app decides
            client_header_timeout 10s;
            client_body_timeout 60s;
            underscores_in_headers off;   # with ignore_invalid_headers: x_ptl_client_id and x.ptl.client.id stay outside
            ignore_invalid_headers on;
        {{locations}}
            location @portal_head_too_large {
                default_type text/plain;
                add_header Clear-Site-Data '"cookies"' always;
                return 431 "The browser sent too much with this request, mostly cookies. It was told to delete the cookies of this site. Try again.\n";
            }

            location = /-portal-address-too-long {
                internal;
                default_type application/problem+json;
                return 431 '{"status":431,"code":"head_too_large","detail":"The address of this request is larger than {{HeadLimit.ProxyKilobytes}} KiB."}';
            }
        }

        """);

    /// <summary>A name without an app is answered by the core, which tells a peer that the app is not there.</summary>
    private static void Others(StringBuilder text, ProxiedPortal portal, ProxySetup setup) => text.Append(CultureInfo.InvariantCulture, $$"""

        server {
            listen {{setup.Port}} ssl http2;
            server_name *.{{portal.Domain}};
            ssl_certificate {{setup.Certificate ?? "/etc/nginx/portal.pem"}};
            ssl_certificate_key {{setup.CertificateKey ?? "/etc/nginx/portal.key"}};
            ssl_session_cache shared:portal:10m;
            merge_slashes off;
            large_client_header_buffers 1 {{HeadLimit.ProxyKilobytes}}k;
            client_max_body_size 0;
            client_header_timeout 10s;
            client_body_timeout 60s;
        {{Edge(setup)}}}

        """);

    private static string Edge(ProxySetup setup) => $$"""

            location / {
        {{ToEdge(setup)}}        proxy_buffering off;      # events come live
                proxy_read_timeout {{ProxySetup.CoreSeconds}}s;   # and a comment every 15 s where nothing happens
            }

        """;

    private static string App(ProxiedPortal portal, ProxiedApp app, ProxySetup setup) => $$"""

            # The core keeps this path of every app's host.
            location ~* ^/\.portal(/|$) {
        {{ToEdge(setup)}}    }

            location / {
                auth_request /-portal-verdict;
                auth_request_set $portal_status $upstream_http_x_portal_status;
                auth_request_set $portal_code $upstream_http_x_portal_code;
                auth_request_set $portal_detail $upstream_http_x_portal_detail;
                auth_request_set $portal_location $upstream_http_x_portal_location;
                auth_request_set $portal_new_cookie $upstream_http_set_cookie;
                auth_request_set $portal_retry_after $upstream_http_retry_after;
        {{Lines(portal.ReplacedHeaders, name => $"        auth_request_set ${Variable(name)} $upstream_http_{name.Replace('-', '_').ToLowerInvariant()};")}}
                error_page 401 403 500 = @portal_refused;   # 500: the core gave no verdict
                error_page 502 503 504 = @portal_away;      # the app does not answer

        {{ToApp(app, setup)}}        proxy_http_version 1.1;
        {{AsReceived}}        proxy_set_header X-Forwarded-Uri "";
                proxy_set_header X-Forwarded-Method "";
                proxy_set_header {{AppRequest.ServedHost}} "";
                proxy_set_header {{ProxySecret.Header}} {{app.Secret}};
                proxy_set_header Upgrade $portal_upgrade;
                proxy_set_header Connection $portal_connection;
                proxy_set_header HTTP2-Settings "";
        {{Lines(portal.ReplacedHeaders, name => $"        proxy_set_header {name} ${Variable(name)};")}}
                proxy_hide_header Clear-Site-Data;   # would delete the cookies of every host of the site
                proxy_buffer_size {{HeadLimit.MaxBytes / 1024}}k;        # for the head of the app's answer
                proxy_buffers 4 {{HeadLimit.MaxBytes / 1024}}k;
                proxy_request_buffering off;
                proxy_buffering off;
                proxy_read_timeout {{ProxySetup.StreamSeconds}}s;
                proxy_send_timeout {{ProxySetup.StreamSeconds}}s;
            }

            location = /-portal-verdict {
                internal;
                proxy_pass http://{{setup.Internal}}/internal/auth/nginx;
                proxy_set_header {{AppRequest.ServedHost}} {{app.Name}}.{{portal.Domain}};
                # The verdict hands the caller's cookies and authorization back.
                proxy_buffer_size {{HeadLimit.ProxyKilobytes}}k;
                proxy_buffers 4 {{HeadLimit.ProxyKilobytes}}k;
                # What the app gets from the core stays out of the question: another X-Ptl-... is seen by the core, and refused.
        {{Lines(portal.IdentityHeaderNames, name => $"        proxy_set_header {name} \"\";")}}
        {{Asking}}    }

            # An app that does not answer is answered for by the core, in words.
            location @portal_away {
                internal;
                rewrite ^ {{AppAway.Path}}? break;
                proxy_pass http://{{setup.Edge}};
                proxy_method GET;
                proxy_pass_request_body off;
                proxy_set_header Content-Length "";
                proxy_set_header Transfer-Encoding "";
                proxy_set_header Upgrade "";
                proxy_set_header Connection "";
        {{AsReceived}}        proxy_http_version 1.1;
            }

            # Not asked again: a signature is good for one verdict.
            location @portal_refused {
                internal;
                rewrite ^ {{NginxAnswer.Path}}? break;
                proxy_pass http://{{setup.Internal}};
                proxy_set_header X-Portal-Status $portal_status;
                proxy_set_header X-Portal-Code $portal_code;
                proxy_set_header X-Portal-Detail $portal_detail;
                proxy_set_header X-Portal-Location $portal_location;
                proxy_set_header X-Portal-Cookie $portal_new_cookie;
                proxy_set_header X-Portal-Retry-After $portal_retry_after;
        {{Asking}}    }

        """;

    /// <summary>
    /// Resolves a container's name when a request arrives. With a plain <c>proxy_pass</c>, nginx would resolve it at its start, and one missing
    /// container would prevent the whole configuration from being loaded.
    /// </summary>
    private static string ToApp(ProxiedApp app, ProxySetup setup) => IsFixed(app.Upstream)
        ? $"        proxy_pass http://{app.Upstream};\n"
        : $"""
                    resolver {setup.Resolver} valid=10s;
                    resolver_timeout 5s;
                    set $portal_upstream {app.Upstream};
                    proxy_pass http://$portal_upstream;

            """;

    private static bool IsFixed(string upstream) => upstream[..upstream.LastIndexOf(':')] is var host
        && (host == "localhost" || System.Net.IPAddress.TryParse(host.Trim('[', ']'), out _));

    /// <summary>Asks the core about the request as the client sent it, without the body.</summary>
    private const string Asking = $"""
                proxy_method GET;
                proxy_pass_request_body off;
                proxy_set_header Content-Length "";
                proxy_set_header Transfer-Encoding "";
                proxy_set_header Upgrade $portal_upgrade;
                proxy_set_header Connection "";
        {AsReceived}        proxy_set_header X-Forwarded-Method $request_method;
                proxy_set_header X-Forwarded-Uri $request_uri;
                proxy_http_version 1.1;

        """;

    private const string AsReceived = """
                proxy_set_header Host $http_host;
                proxy_set_header X-Forwarded-For $remote_addr;
                proxy_set_header X-Forwarded-Proto https;
                proxy_set_header X-Forwarded-Host $http_host;

        """;

    private static string ToEdge(ProxySetup setup) => $$"""
                proxy_pass http://{{setup.Edge}};
                proxy_http_version 1.1;
        {{AsReceived}}        proxy_set_header Connection "";

        """;

    private static string Lines(IEnumerable<string> headers, Func<string, string> line) => string.Join('\n', headers.Select(line));

    private static string Variable(string header) => "portal_" + header.Replace('-', '_').ToLowerInvariant();
}
