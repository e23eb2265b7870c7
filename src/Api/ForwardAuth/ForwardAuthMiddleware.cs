using System.Data.Common;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.ForwardAuth;
using PeerRegistry.Application.Gateway;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.ForwardAuth;

/// <summary>
/// <c>GET /internal/auth</c>, asked by the proxy for every request to every app; so it stands before the general pipeline. On the
/// internal listener only: nobody else's word about <c>X-Forwarded-*</c> counts.
/// </summary>
internal sealed class ForwardAuthMiddleware(
    RequestDelegate next, IPortalSnapshots snapshots, ISnapshotTrust trust, AppAuthorizer authorizer, AppRefusal refusals, BodyBudget budget, IAppProbes probes,
    CallerAddress addresses)
{
    public const string Path = "/internal/auth";
    public const string NginxPath = "/internal/auth/nginx";

    public Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path.Value;
        if (path is not (Path or NginxPath) || context.Listener() != Listener.Internal)
            return next(context);
        if (context.Request.Method is "GET" or "HEAD")
            return Answer(context, path == NginxPath);

        context.Response.Headers.Allow = "GET, HEAD";
        return Problem.OfStatus(StatusCodes.Status405MethodNotAllowed).Write(context);
    }

    private async Task Answer(HttpContext context, bool forNginx)
    {
        try
        {
            await trust.Require(context.RequestAborted);
            var request = AppRequest.Forwarded(context.Request.Headers, snapshots);
            if (forNginx)
                ReservedNames.Refuse(context.Request.Headers);
            var authorization = await Authorize(context, request);
            VerdictMetrics.Count(authorization.Verdict);
            if (authorization.Verdict.Rule is not null)
                probes.Asked(request.Portal.Portal.Id, request.App);
            switch (authorization.Verdict.Ruling)
            {
                case Ruling.Granted:
                    Grant(context, authorization);
                    break;
                case Ruling.SessionNeeded:
                    Redirect(context, request, forNginx);
                    break;
                default:
                    throw AppAuthorizer.Refusal(authorization.Verdict.Ruling);
            }
        }
        catch (RefusedException refused)
        {
            await Refuse(context, refused, forNginx);
        }
        catch (DbException e) when (DatabaseFailures.MeansUnavailable(e))
        {
            await Refuse(context, DatabaseUnavailable.Refusal(), forNginx);
        }
    }

    /// <summary>The body is held only where there is a signature, whose digest it is compared with.</summary>
    private Task<Authorization> Authorize(HttpContext context, in AppRequest request) => AppAuthorizer.IsSigned(context.Request.Headers)
        ? Verify(context, request)
        : authorizer.Authorize(context, request, body: null);

    private async Task<Authorization> Verify(HttpContext context, AppRequest request)
    {
        using var body = await ForwardedBody.Read(context, budget.Verdicts, addresses);
        return await authorizer.Authorize(context, request, body.Bytes);
    }

    private void Grant(HttpContext context, in Authorization authorization)
    {
        var (from, to) = (context.Request.Headers, context.Response.Headers);
        var handed = IdentityHeaders.Of(authorization.Portal);
        var values = handed.Values(authorization.Verdict.Client);
        foreach (var header in handed.For(authorization.Verdict.Rule!))
            to[header.Name] = header.Template is null ? "" : FieldBytes.Of(header.Template.Render(values));

        to["Cookie"] = OwnSecrets.Cookies(from.Cookie, snapshots);
        to["Authorization"] = OwnSecrets.Authorization(from.Authorization, snapshots);
        to["Content-Digest"] = authorization.ContentDigest;
        context.Response.ContentLength = 0;
    }

    private void Redirect(HttpContext context, in AppRequest request, bool forNginx)
    {
        refusals.Redirect(context, request);
        if (forNginx)
            NginxAnswer.AnnounceRedirect(context.Response);
    }

    /// <summary>nginx takes every verdict but 200, 401 and 403 for a failure of the core, so any other refusal is 403 to it.</summary>
    private Task Refuse(HttpContext context, RefusedException refused, bool forNginx)
    {
        string? authority = context.Request.Headers["X-Forwarded-Host"];
        if (!forNginx)
            return refusals.Write(context, refused, authority);

        NginxAnswer.Announce(context.Response.Headers, refused);
        refusals.Challenge(context, refused, authority);
        var problem = Problem.Of(refused);
        return problem.Write(context, problem.Status is not (401 or 403) ? 403 : null);
    }
}
