using System.Text;

namespace PeerRegistry.Api.ForwardAuth.ProxyConfig;

/// <summary>A file for Traefik's file provider, version 3.</summary>
internal static class TraefikConfig
{
    public static string Write(ProxySetup setup)
    {
        var text = new StringBuilder($$"""
            # Made by ./run proxy-config traefik. Make it again whenever an app is registered or removed.
            #
            # The core judges a request to an app once, at its start. What was let in is then the proxy's: bound its life in the
            # static configuration, entryPoints.<name>.transport.respondingTimeouts.writeTimeout, and close idle streams with
            # idleTimeout; a peer or device that is removed meanwhile keeps what it has open until then. There, too:
            # entryPoints.<name>.http.encodeQuerySemicolons stays false, forwardedHeaders.insecure stays false, and from 3.6.4 on
            # http.encodedCharacters stays at its defaults.
            http:
              routers:

            """);
        foreach (var portal in setup.Portals)
            Routers(text, portal, setup);

        text.Append("  middlewares:\n");
        foreach (var portal in setup.Portals)
            Middlewares(text, portal, setup);

        text.Append($$"""
              services:
                portal-edge:
                  loadBalancer:
                    servers:
                      - url: "http://{{setup.Edge}}"

            """);
        foreach (var (portal, app) in setup.Portals.SelectMany(portal => portal.Apps.Select(app => (portal, app))))
        {
            text.Append($$"""
                    {{Name(portal)}}-{{app.Name}}:
                      loadBalancer:
                        servers:
                          - url: "http://{{app.Upstream}}"

                """);
        }

        return text.ToString();
    }

    private static void Routers(StringBuilder text, ProxiedPortal portal, ProxySetup setup)
    {
        text.Append($$"""
                {{Name(portal)}}:
                  rule: "Host(`{{portal.Domain}}`)"
                  service: portal-edge
            {{Tls(setup)}}
            """);
        foreach (var app in portal.Apps)
        {
            text.Append($$"""
                    {{Name(portal)}}-{{app.Name}}-core:
                      rule: "Host(`{{app.Name}}.{{portal.Domain}}`) && PathRegexp(`(?i)^/\\.portal(/|$)`)"
                      service: portal-edge
                {{Tls(setup)}}    {{Name(portal)}}-{{app.Name}}:
                      rule: "Host(`{{app.Name}}.{{portal.Domain}}`)"
                      service: {{Name(portal)}}-{{app.Name}}
                      middlewares: [{{Name(portal)}}-verdict, {{Name(portal)}}-tidy]
                {{Tls(setup)}}
                """);
        }
    }

    private static void Middlewares(StringBuilder text, ProxiedPortal portal, ProxySetup setup) => text.Append($$"""
            # What matches the expression is dropped from the request before the core's own is put in: no caller says who it is, in
            # whatever spelling an app's framework would read.
            {{Name(portal)}}-verdict:
              forwardAuth:
                address: "http://{{setup.Internal}}/internal/auth"
                trustForwardHeader: false
                authResponseHeadersRegex: "(?i)^(X[-_.]Ptl|Content[_.]Digest$)"
                authResponseHeaders: [Cookie, Authorization, Content-Digest]
            {{Name(portal)}}-tidy:
              headers:
                customRequestHeaders:
                  X-Forwarded-Uri: ""
                  X-Forwarded-Method: ""
                customResponseHeaders:
                  Clear-Site-Data: ""

        """);

    private static string Tls(ProxySetup setup) => setup.Certificate is null ? "      tls:\n        certResolver: portal\n" : "      tls: {}\n";

    private static string Name(ProxiedPortal portal) => $"portal-{portal.Domain.Split('.')[0]}";
}
