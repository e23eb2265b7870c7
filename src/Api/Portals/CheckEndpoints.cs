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
        check.MapGet("", (CurrentPortal portal, ReachReports reports) => Item.Of(reports.Find(portal.Id))).WithName("check.get");
        check.MapPost("", async (CurrentPortal portal, IMediator mediator, CancellationToken ct) => Item.Of(await mediator.Send(new CheckReach(portal.Id), ct)))
            .WithName("check.run").ProducesProblem(429);
    }

    /// <param name="At">When the check was made, or null if there was none since the start.</param>
    private sealed record Item(DateTimeOffset? At, string? Address, string? App, IReadOnlyList<StepItem> Steps)
    {
        public static Item Of(ReachReport? report) => report is null
            ? new(null, null, null, [])
            : new(report.At, report.Address, report.App, [.. report.Steps.Select(step => new StepItem(step.Subject, step.State, step.Code, step.Facts))]);
    }

    private sealed record StepItem(ReachSubject Step, ReachState State, string Code, IReadOnlyList<string> Facts);
}
