using MediatR;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Portals;

namespace PeerRegistry.Api.Portals;

/// <summary>The owner's API for the check whether others can reach the Portal.</summary>
internal static class CheckEndpoints
{
    public static void MapCheck(this IEndpointRouteBuilder routes)
    {
        var check = routes.MapGroup("/core/protected/check").WithTags("Check").RequireAuthorization(Policies.Owner);
        check.MapGet("", (CurrentPortal portal, ReachReports reports) => CheckItem.Of(reports.Find(portal.Id))).WithName("check.get")
            .WithSummary("Shows the last check whether others can reach this Portal.");
        check.MapPost("", Run)
            .WithName("check.run")
            .WithSummary("Checks whether others can reach this Portal. It takes up to half a minute.").Refuses(429, "rate_limited");
    }

    private static async Task<CheckItem> Run(CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
        CheckItem.Of(await mediator.Send(new CheckReach(portal.Id), ct));

    /// <param name="At">When the check was made, or null if there was none since the start.</param>
    internal sealed record CheckItem(DateTimeOffset? At, string? Address, string? App, IReadOnlyList<CheckStep> Steps)
    {
        public static CheckItem Of(ReachReport? report) => report is null
            ? new(null, null, null, [])
            : new(report.At, report.Address, report.App, [.. report.Steps.Select(step => new CheckStep(step.Subject, step.State, step.Code, step.Facts))]);
    }

    internal sealed record CheckStep(ReachSubject Step, ReachState State, string Code, IReadOnlyList<string> Facts);
}
