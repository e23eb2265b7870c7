using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Circles;

/// <summary>An event of stream <c>circles</c>. Which circles a peer is in is an event of the peer, <c>peer_circles_set</c>.</summary>
public abstract record CircleEvent : DomainEvent;

[WireName("circle_created")]
public sealed record CircleCreated(CircleId Circle, string Name) : CircleEvent;

[WireName("circle_renamed")]
public sealed record CircleRenamed(CircleId Circle, string Name) : CircleEvent;

/// <summary>The circle is gone. Its id may stay with the peers that were in it, and means nothing any more.</summary>
[WireName("circle_removed")]
public sealed record CircleRemoved(CircleId Circle, string Name) : CircleEvent;
