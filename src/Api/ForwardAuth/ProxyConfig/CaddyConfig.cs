using System.Text;

namespace PeerRegistry.Api.ForwardAuth.ProxyConfig;

/// <summary>A Caddyfile, for Caddy from 2.6.2 on.</summary>
internal static class CaddyConfig
{
    public static string Write(ProxySetup setup)
    {
        var text = new StringBuilder($$"""
            # Made by ./run proxy-config caddy. Make it again whenever an app is registered or removed.
            #
            # The core judges a request to an app once, at its start. What was let in is then the proxy's: a stream ends when
            # nothing has passed for {{ProxySetup.StreamSeconds}} s, and any other answer after that time; a peer or device that is removed meanwhile
            # keeps what it has open until then. From Caddy 2.7 on, stream_timeout bounds upgraded connections as well.
            {
            {{Global(setup)}}	https_port {{setup.Port}}
            	servers {
            		timeouts {
            			read_header 10s
            			idle 2m
            			write {{ProxySetup.StreamSeconds}}s
            		}
            	}
            }

            """);
        foreach (var portal in setup.Portals)
        {
            Core(text, portal, setup);
            foreach (var app in portal.Apps)
                App(text, portal, app, setup);
        }

        return text.ToString();
    }

    /// <summary>With an authority of its own, Caddy is one of several on a machine, and nothing of it belongs into the system's trust.</summary>
    private static string Global(ProxySetup setup) =>
        (setup.Port == 443 ? "" : "\tauto_https disable_redirects\n") + (setup.InternalAuthority ? "\tadmin off\n\tskip_install_trust\n" : "");

    private static void Core(StringBuilder text, ProxiedPortal portal, ProxySetup setup) => text.Append($$"""

        {{portal.Domain}} {
        {{Tls(setup)}}	reverse_proxy {{setup.Edge}}
        }

        """);

    private static void App(StringBuilder text, ProxiedPortal portal, ProxiedApp app, ProxySetup setup) => text.Append($$"""

        {{app.Name}}.{{portal.Domain}} {
        {{Tls(setup)}}	# The core keeps this path of every app's host.
        	handle /.portal/* {
        		reverse_proxy {{setup.Edge}}
        	}
        	handle {
        		route {
        			# No caller says who it is, in whatever spelling an app's framework would read.
        			request_header -X-Ptl*
        			request_header -X_Ptl*
        			request_header -X.Ptl*
        			request_header -X_Forwarded*
        			request_header -X.Forwarded*
        			request_header -Content_Digest
        			request_header -Content.Digest
        			forward_auth {{setup.Internal}} {
        				uri /internal/auth?
        				copy_headers {{string.Join(' ', portal.Headers)}} Cookie Authorization Content-Digest
        			}
        			request_header -X-Forwarded-Uri
        			request_header -X-Forwarded-Method
        			reverse_proxy {{app.Upstream}} {
        				header_down -Clear-Site-Data
        				transport http {
        					read_timeout {{ProxySetup.StreamSeconds}}s
        					write_timeout {{ProxySetup.StreamSeconds}}s
        				}
        			}
        		}
        	}
        }

        """);

    private static string Tls(ProxySetup setup) =>
        setup.InternalAuthority ? "\ttls internal\n" : setup.Certificate is { } file ? $"\ttls {file} {setup.CertificateKey}\n" : "";
}
