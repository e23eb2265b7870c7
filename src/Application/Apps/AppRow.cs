using PeerRegistry.Domain.Apps;

namespace PeerRegistry.Application.Apps;

/// <summary>Read model of stream <c>app-{name}</c>; gone when the app is removed.</summary>
public sealed record AppRow(string Name, AppMeta Meta, Visibility Visibility, DateTimeOffset RegisteredAt);
