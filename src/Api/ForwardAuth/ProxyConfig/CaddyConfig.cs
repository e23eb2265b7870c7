using System.Globalization;
using System.Text;
using PeerRegistry.Domain.Apps;

namespace PeerRegistry.Api.ForwardAuth.ProxyConfig;

/// <summary>Prints a Caddyfile.</summary>
internal static class CaddyConfig
{
    /// <summary>The tested version. It is the first one that has <c>forward_auth</c> as it is used here, with <c>header_up</c> inside it.</summary>
    public const string MinimumVersion = "2.6.2";

    public static string Write(ProxySetup setup)
    {
        var text = new StringBuilder($$"""
            # Made by ./run proxy-config caddy. Make it again whenever an app is registered or removed, and after an update of the registry.
            # Needs Caddy {{MinimumVersion}} or later. Holds secrets: nobody but Caddy may read it.
            #
            # The core judges a request to an app once, at its start. What was let in is then the proxy's: a stream ends when
            # nothing has passed for {{ProxySetup.StreamSeconds}} s, and any other answer after that time; a peer or device that is removed meanwhile
            # keeps what it has open until then. From Caddy 2.7 on, stream_timeout bounds upgraded connections as well.
            {
            {{Global(setup)}}	https_port {{setup.Port}}
            	servers {
            		max_header_size {{HeadLimit.ProxyKilobytes}}KiB    # the core refuses heads above {{HeadLimit.MaxBytes / 1024}} KiB, and says so
            		timeouts {
            			read_header 10s
            			idle 2m
            			write {{ProxySetup.StreamSeconds}}s
            		}
            	}
            }

            # A caller's Connection header may name any other header, and a hop then drops that one. So it is dropped itself, with
            # every Upgrade; only a WebSocket's are put back.
            (portal_connection) {
            	@portal_no_websocket not {
            		header_regexp portal_upgrade Upgrade (?i)^websocket$
            		header_regexp portal_connection Connection (?i)(^|,)\s*upgrade\s*(,|$)
            	}
            	request_header @portal_no_websocket -Upgrade
            	request_header -Connection
            	request_header -HTTP2-Settings
            	@portal_websocket header Upgrade *
            	request_header @portal_websocket Upgrade websocket
            	request_header @portal_websocket Connection Upgrade
            }

            """);
        foreach (var portal in setup.Portals)
        {
            Core(text, portal, setup);
            foreach (var app in portal.Apps)
                App(text, portal, app, setup);
            if (setup.InternalAuthority || setup.Certificate is not null)
                Others(text, portal, setup);
        }

        text.Append(CultureInfo.InvariantCulture, $$"""

            # A request for any other name is refused.
            :{{setup.Port}} {
            {{Tls(setup)}}	respond "This name is not served here." 421
            }

            """);
        return text.ToString();
    }

    /// <summary>With its own certificate authority, Caddy may be one of several on the machine, so its root must not be installed as trusted.</summary>
    public static string Global(ProxySetup setup) =>
        (setup.Port == 443 ? "" : "\tauto_https disable_redirects\n") + (setup.InternalAuthority ? "\tadmin off\n\tskip_install_trust\n" : "");

    private static void Core(StringBuilder text, ProxiedPortal portal, ProxySetup setup) => text.Append(CultureInfo.InvariantCulture, $$"""

        {{portal.Domain}} {
        {{Tls(setup)}}	route {
        		import portal_connection
        		reverse_proxy {{setup.Edge}}
        	}
        }

        """);

    /// <summary>A name without an app is answered by the core, which tells a peer that the app is not there. It needs a certificate for all names.</summary>
    private static void Others(StringBuilder text, ProxiedPortal portal, ProxySetup setup) => text.Append(CultureInfo.InvariantCulture, $$"""

        *.{{portal.Domain}} {
        {{Tls(setup)}}	route {
        		import portal_connection
        		reverse_proxy {{setup.Edge}}
        	}
        }

        """);

    private static void App(StringBuilder text, ProxiedPortal portal, ProxiedApp app, ProxySetup setup) => text.Append(CultureInfo.InvariantCulture, $$"""

        {{app.Name}}.{{portal.Domain}} {
        {{Tls(setup)}}	route {
        		import portal_connection
        		# The core keeps this path of every app's host.
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
        				request_header -X-Portal*
        				request_header -X_Portal*
        				request_header -X.Portal*
        				forward_auth {{setup.Internal}} {
        					uri /internal/auth?
        					header_up {{AppRequest.ServedHost}} {{app.Name}}.{{portal.Domain}}
        					copy_headers {{string.Join(' ', portal.ReplacedHeaders)}}
        				}
        				request_header -X-Forwarded-Uri
        				request_header -X-Forwarded-Method
        				request_header {{ProxySecret.Header}} {{app.Secret}}
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
        	# An app that does not answer is answered for by the core, in words.
        	handle_errors {
        		@portal_away expression {err.status_code} in [502, 503, 504]
        		handle @portal_away {
        			reverse_proxy {{setup.Edge}} {
        				method GET
        				rewrite {{AppAway.Path}}
        			}
        		}
        	}
        }

        """);

    private static string Tls(ProxySetup setup) =>
        setup.InternalAuthority ? "\ttls internal\n" : setup.Certificate is { } file ? $"\ttls {file} {setup.CertificateKey}\n" : "";
}
