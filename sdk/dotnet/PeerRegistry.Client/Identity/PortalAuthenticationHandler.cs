using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace PeerRegistry.Client.Identity;

/// <summary>Reads who calls from the headers of the Portal's proxy, after its secret has shown that they are the proxy's.</summary>
internal sealed class PortalAuthenticationHandler(
    IOptionsMonitor<PortalAuthenticationOptions> options, ILoggerFactory logger, UrlEncoder encoder, ExpectedSecret expected)
    : AuthenticationHandler<PortalAuthenticationOptions>(options, logger, encoder), IAuthenticationRequestHandler
{
    /// <summary>Runs before everything that follows in the pipeline, whether or not it asks who calls.</summary>
    /// <returns>True if the request was refused.</returns>
    public async Task<bool> HandleRequestAsync()
    {
        if (!await CameThroughTheProxy())
        {
            Response.StatusCode = StatusCodes.Status403Forbidden;
            await Response.WriteAsync("This request did not come through the Portal.", Context.RequestAborted);
            return true;
        }

        if (Request.Headers["X-Ptl-Client-Type"] == PortalRoles.Peer && Request.Headers["X-Ptl-Body-Verified"] != "1")
        {
            var body = new SignedBody(Request.Body, Request.ContentLength, ContentDigest.Parse(Request.Headers["Content-Digest"].ToString()));
            Response.RegisterForDispose(body);
            Request.Body = body;
        }

        return false;
    }

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var (type, id, name) = (Field("X-Ptl-Client-Type"), Field("X-Ptl-Client-Id"), Field("X-Ptl-Client-Name"));
        if (type is not (PortalRoles.Owner or PortalRoles.Peer) || id.Length == 0)
            return Task.FromResult(AuthenticateResult.NoResult()); // anonymous

        var identity = new ClaimsIdentity(
            [new Claim(ClaimTypes.NameIdentifier, id), new Claim(ClaimTypes.Name, name), new Claim(ClaimTypes.Role, type)], Scheme.Name);
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name)));
    }

    private async ValueTask<bool> CameThroughTheProxy()
    {
        if (Request.Headers["X-Ptl-Proxy-Secret"] is not [{ Length: > 0 } sent])
            return false;

        var secret = Options.ProxySecret ?? await expected.Get(Context.RequestAborted);
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(sent), Encoding.UTF8.GetBytes(secret));
    }

    private string Field(string name) => Request.Headers[name].ToString();
}
