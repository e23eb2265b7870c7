using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Circles;

namespace PeerRegistry.Infrastructure.ReadModels;

/// <summary>Table <c>circle_list</c>, key <c>circles</c>: one row for each Portal that has circles.</summary>
internal sealed class CircleListProjection() : Projection<CircleList, CircleEvent>("circle_list/1", CircleList.Stream)
{
    protected override PortalSnapshot Show(PortalSnapshot snapshot, string key, CircleList? row) => snapshot with { Circles = row ?? CircleList.Empty };
}
