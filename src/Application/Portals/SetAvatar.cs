using System.Security.Cryptography;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Portals;

/// <param name="Bytes">Of a picture as <see cref="AvatarImage"/> takes it; null: away with the one there is.</param>
public sealed record SetAvatar(PortalId Portal, ReadOnlyMemory<byte>? Bytes) : IRequest<long>
{
    internal sealed class Handler(Decisions decisions) : IRequestHandler<SetAvatar, long>
    {
        public Task<long> Handle(SetAvatar c, CancellationToken ct)
        {
            var image = c.Bytes is { } bytes ? AvatarImage.Sniff(bytes.Span) : null;
            var sha256 = image is null ? null : Convert.ToHexStringLower(SHA256.HashData(c.Bytes!.Value.Span));
            return decisions.Execute<Profile, PortalEvent>(
                c.Portal, "portal", Profile.Initial, Profile.Evolve,
                profile => Profile.ChangeAvatar(profile, image?.MediaType, sha256),
                _ => [new KeepAvatar(c.Bytes)], ct);
        }
    }
}

/// <summary>The bytes beside the event, in the same transaction; null deletes them. The events hold only their hash.</summary>
public sealed record KeepAvatar(ReadOnlyMemory<byte>? Bytes) : IAlongside;

/// <summary>The bytes of avatars, one a Portal.</summary>
public interface IAvatars
{
    Task<byte[]?> Read(PortalId portal, CancellationToken ct);
}
