using System.Globalization;
using System.Text;
using PeerRegistry.Api.Http;

namespace PeerRegistry.Api.ForwardAuth.ProxyConfig;

/// <summary>
/// Prints the configuration of a proxy that stands before the gateway. It ends TLS and passes everything on as it is, so it depends on no app and holds
/// no secret.
/// </summary>
internal static class GatewayConfig
{
    public static string Caddy(ProxySetup setup) => Head("caddy") + $$"""
        {
        {{CaddyConfig.Global(setup)}}	https_port {{setup.Port}}
        {{(setup.Certificate is null ? $"\ton_demand_tls {{\n\t\task http://{setup.Internal}{ServedHosts.Path}\n\t}}\n" : "")}}	servers {
        		max_header_size {{HeadLimit.ProxyKilobytes}}KiB
        		timeouts {
        			read_header 10s
        			idle 2m
        		}
        	}
        }

        https:// {
        {{CaddyTls(setup)}}	reverse_proxy {{setup.Edge}}
        }

        """;

    public static string Nginx(ProxySetup setup)
    {
        var text = new StringBuilder(Head("nginx")).Append("""
            # nginx passes no trailers on, so only short answers of apps to peers are signed behind it.
            map $http_upgrade $portal_connection {
                default         '';
                "~*^websocket$" upgrade;
            }

            """);
        foreach (var portal in setup.Portals)
        {
            text.Append(CultureInfo.InvariantCulture, $$"""

                server {
                    listen {{setup.Port}} ssl http2;
                    server_name {{portal.Domain}} *.{{portal.Domain}};
                    ssl_certificate {{setup.Certificate ?? "/etc/nginx/portal.pem"}};
                    ssl_certificate_key {{setup.CertificateKey ?? "/etc/nginx/portal.key"}};
                    ssl_session_cache shared:portal:10m;
                    merge_slashes off;
                    large_client_header_buffers 1 {{HeadLimit.ProxyKilobytes}}k;
                    client_max_body_size 0;
                    client_header_timeout 10s;

                    location / {
                        proxy_pass http://{{setup.Edge}};
                        proxy_http_version 1.1;
                        proxy_set_header Host $http_host;
                        proxy_set_header X-Forwarded-For $remote_addr;
                        proxy_set_header Upgrade $http_upgrade;
                        proxy_set_header Connection $portal_connection;
                        proxy_set_header TE "";
                        proxy_buffer_size {{HeadLimit.ProxyKilobytes}}k;
                        proxy_buffers 4 {{HeadLimit.ProxyKilobytes}}k;
                        proxy_buffering off;
                        proxy_request_buffering off;
                        proxy_read_timeout {{ProxySetup.StreamSeconds}}s;
                        proxy_send_timeout {{ProxySetup.StreamSeconds}}s;
                    }
                }

                """);
        }

        return text.ToString();
    }

    public static string Traefik(ProxySetup setup)
    {
        var text = new StringBuilder(Head("traefik")).Append("http:\n  routers:\n");
        foreach (var portal in setup.Portals)
        {
            var name = portal.Domain.Split('.')[0];
            text.Append(CultureInfo.InvariantCulture, $$"""
                    portal-{{name}}:
                      rule: "Host(`{{portal.Domain}}`) || HostRegexp(`^[a-z0-9-]+\\.{{portal.Domain.Replace(".", "\\\\.", StringComparison.Ordinal)}}$`)"
                      service: portal-edge
                {{TraefikConfig.Tls(setup)}}
                """);
        }

        return text.Append(CultureInfo.InvariantCulture, $$"""
              services:
                portal-edge:
                  loadBalancer:
                    servers:
                      - url: "http://{{setup.Edge}}"

            """).ToString();
    }

    private static string Head(string proxy) =>
        $"# Made by ./run proxy-config {proxy} --gateway. Ends TLS; the registry itself decides about every request and forwards it to its app.\n";

    /// <summary>Caddy gets a certificate for a name when it is first asked for, if the core says that it serves that name.</summary>
    private static string CaddyTls(ProxySetup setup) => setup.Certificate is { } file
        ? $"\ttls {file} {setup.CertificateKey}\n"
        : $"\ttls{(setup.InternalAuthority ? " internal" : "")} {{\n\t\ton_demand\n\t}}\n";
}
