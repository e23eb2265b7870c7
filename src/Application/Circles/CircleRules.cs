using FluentValidation;
using Marten;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Circles;

namespace PeerRegistry.Application.Circles;

internal static class CircleRules
{
    /// <summary>Refuses a name that <see cref="CircleList"/> does not allow, with <c>name_invalid</c>.</summary>
    public static IRuleBuilderOptions<T, string> MustBeCircleName<T>(this IRuleBuilder<T, string> rule) =>
        rule.Must(CircleList.IsName).WithErrorCode("name_invalid").WithMessage(CircleList.NameRule);

    public static Task<Loaded<CircleList, CircleEvent>> LoadCircles(this IAggregates aggregates, IDocumentSession session, CancellationToken ct) =>
        aggregates.Load<CircleList, CircleEvent>(session, CircleList.Stream, ct);
}
