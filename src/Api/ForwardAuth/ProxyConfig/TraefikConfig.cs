using System.Text;
using PeerRegistry.Application.ForwardAuth;
using PeerRegistry.Domain.Apps;

namespace PeerRegistry.Api.ForwardAuth.ProxyConfig;

/// <summary>Prints a file for Traefik's file provider.</summary>
internal static class TraefikConfig
{
    public const string MinimumVersion = "3.1.3";

    /// <summary>
    /// Removes the caller's <c>Connection</c> before the verdict, with every upgrade except that to a WebSocket. It could name any other header, which
    /// Traefik would then drop before it forwards the request to the app.
    /// </summary>
    private const string Connections = """
            portal-no-upgrade:
              headers:
                customRequestHeaders:
                  Connection: ""
                  Upgrade: ""
                  HTTP2-Settings: ""
            portal-websocket:
              headers:
                customRequestHeaders:
                  Connection: Upgrade
                  Upgrade: websocket
                  HTTP2-Settings: ""

        """;

    public static string Write(ProxySetup setup)
    {
        var text = new StringBuilder($$"""
            # Made by ./run proxy-config traefik. Make it again whenever an app is registered or removed, and after an update of the registry.
            # Needs Traefik {{MinimumVersion}} or later: earlier ones let a caller's Connection header remove X-Forwarded-Host.
            # Holds secrets: nobody but Traefik may read it.
            #
            # The core judges a request to an app once, at its start. What was let in is then the proxy's: bound its life in the
            # static configuration, entryPoints.<name>.transport.respondingTimeouts.writeTimeout, and close idle streams with
            # idleTimeout; a peer or device that is removed meanwhile keeps what it has open until then. There, too:
            # entryPoints.<name>.http.encodeQuerySemicolons stays false, forwardedHeaders.insecure stays false, and from 3.6.4 on
            # http.encodedCharacters stays at its defaults. http.maxHeaderBytes is {{HeadLimit.ProxyKilobytes * 1024}}: the core refuses heads above {{HeadLimit.MaxBytes}} bytes, and says so.
            http:
              routers:

            """);
        foreach (var portal in setup.Portals)
            Routers(text, portal, setup);

        text.Append("  middlewares:\n").Append(Connections);
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
                  middlewares: [portal-no-upgrade]
            {{Tls(setup)}}
            """);
        foreach (var app in portal.Apps)
        {
            var (name, host) = ($"{Name(portal)}-{app.Name}", $"Host(`{app.Name}.{portal.Domain}`)");
            text.Append($$"""
                    {{name}}-core:
                      rule: "{{host}} && PathRegexp(`(?i)^/\\.portal(/|$)`)"
                      priority: 1000000
                      service: portal-edge
                      middlewares: [portal-no-upgrade]
                {{Tls(setup)}}    {{name}}-websocket:
                      rule: "{{host}} && HeaderRegexp(`Upgrade`, `(?i)^websocket$`) && HeaderRegexp(`Connection`, `(?i)upgrade`)"
                      service: {{name}}
                      middlewares: [portal-websocket, {{name}}-host, {{Name(portal)}}-verdict, {{Name(portal)}}-tidy, {{name}}-secret]
                {{Tls(setup)}}    {{name}}:
                      rule: "{{host}}"
                      service: {{name}}
                      middlewares: [portal-no-upgrade, {{name}}-host, {{Name(portal)}}-verdict, {{Name(portal)}}-tidy, {{name}}-secret]
                {{Tls(setup)}}
                """);
        }
    }

    private static void Middlewares(StringBuilder text, ProxiedPortal portal, ProxySetup setup)
    {
        text.Append($$"""
                # What matches the expression is dropped from the request before the core's own is put in: no caller says who it is, in
                # whatever spelling an app's framework would read.
                {{Name(portal)}}-verdict:
                  forwardAuth:
                    address: "http://{{setup.Internal}}/internal/auth"
                    trustForwardHeader: false
                    authResponseHeadersRegex: "(?i)^(X[-_.]Ptl|Content[_.]Digest$)"
                    authResponseHeaders: [{{string.Join(", ", IdentityHeaders.FromRequest)}}]
                {{Name(portal)}}-tidy:
                  headers:
                    customRequestHeaders:
                      X-Forwarded-Uri: ""
                      X-Forwarded-Method: ""
                      {{AppRequest.ServedHost}}: ""
                    customResponseHeaders:
                      Clear-Site-Data: ""

            """);
        foreach (var app in portal.Apps)
        {
            text.Append($$"""
                    {{Name(portal)}}-{{app.Name}}-host:
                      headers:
                        customRequestHeaders:
                          {{AppRequest.ServedHost}}: "{{app.Name}}.{{portal.Domain}}"
                    {{Name(portal)}}-{{app.Name}}-secret:
                      headers:
                        customRequestHeaders:
                          {{ProxySecret.Header}}: "{{app.Secret}}"

                """);
        }
    }

    public static string Tls(ProxySetup setup) => setup.Certificate is null ? "      tls:\n        certResolver: portal\n" : "      tls: {}\n";

    private static string Name(ProxiedPortal portal) => $"portal-{portal.Domain.Split('.')[0]}";
}
