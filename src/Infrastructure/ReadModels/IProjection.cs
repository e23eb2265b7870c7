using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.ReadModels;

/// <summary>
/// A read model: the state of each stream of one kind, as a row. Its table is (portal_id, key, version, row jsonb); the version is the stream's, and what
/// no longer exists stays as a null, so that the row still tells how far the stream was folded. Derive from <see cref="Projection{TState,TEvent}"/>.
/// </summary>
internal interface IProjection
{
    /// <summary>Table and number, <c>peer_list/1</c>. A new number rebuilds the table at the next start.</summary>
    string Name { get; }

    /// <summary><c>portal</c> for that one stream; with a dash at the end, <c>peer-</c>, for all that begin so.</summary>
    string Streams { get; }

    bool TryGetKey(string stream, [NotNullWhen(true)] out string? key);

    object? Fold(object? row, DomainEvent happened, DateTimeOffset at);

    PortalSnapshot Show(PortalSnapshot snapshot, string key, object? row);

    byte[] Write(object row);

    object Read(ReadOnlySpan<byte> json);
}

/// <param name="name">Table and number, <c>peer_list/1</c>.</param>
/// <param name="streams"><c>portal</c> for that one stream; with a dash at the end, <c>peer-</c>, for all that begin so. The
/// key is then what follows the dash, else the stream's name.</param>
internal abstract class Projection<TState, TEvent>(string name, string streams) : IProjection
    where TState : class, IAggregate<TState, TEvent>
    where TEvent : DomainEvent
{
    public string Name => name;

    public string Streams => streams;

    public bool TryGetKey(string stream, [NotNullWhen(true)] out string? key)
    {
        key = streams[^1] == '-'
            ? stream.StartsWith(streams, StringComparison.Ordinal) ? stream[streams.Length..] : null
            : stream == streams ? stream : null;
        return key is not null;
    }

    object? IProjection.Fold(object? row, DomainEvent happened, DateTimeOffset at) => TState.Evolve((TState?)row, (TEvent)happened, at);

    PortalSnapshot IProjection.Show(PortalSnapshot snapshot, string key, object? row) => Show(snapshot, key, (TState?)row);

    byte[] IProjection.Write(object row) => JsonSerializer.SerializeToUtf8Bytes((TState)row, RegistryJson.Options);

    object IProjection.Read(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize<TState>(json, RegistryJson.Options) ?? throw new JsonException($"A null row in {name}.");

    /// <summary>Puts the row where the hot path finds it, or takes it away. Called under a lock: short, no I/O.</summary>
    protected abstract PortalSnapshot Show(PortalSnapshot snapshot, string key, TState? row);
}

internal static class ProjectionRegistration
{
    public static IServiceCollection AddProjection<TProjection>(this IServiceCollection services)
        where TProjection : class, IProjection => services.AddSingleton<IProjection, TProjection>();
}
