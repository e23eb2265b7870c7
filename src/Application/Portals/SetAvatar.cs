using System.Security.Cryptography;
using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Portals;

/// <param name="Bytes">Of a picture as <see cref="AvatarImage"/> takes it; null: away with the one there is.</param>
public sealed record SetAvatar(PortalId Portal, ReadOnlyMemory<byte>? Bytes) : ICommand
{
    internal sealed class Handler(IDocumentSession session, IAvatars avatars) : IRequestHandler<SetAvatar, Unit>
    {
        public async Task<Unit> Handle(SetAvatar c, CancellationToken ct)
        {
            var image = c.Bytes is { } bytes ? AvatarImage.Sniff(bytes.Span) : null;
            var sha256 = image is null ? null : Convert.ToHexStringLower(SHA256.HashData(c.Bytes!.Value.Span));
            var profile = await session.Load<Profile, PortalEvent>(Identity.Stream, ct);
            if (profile.Append(Profile.ChangeAvatar(profile.State, image?.MediaType, sha256)))
                avatars.Keep(session, c.Bytes);
            return Unit.Value;
        }
    }
}

/// <summary>The bytes of avatars, one a Portal. The events hold only their hash.</summary>
public interface IAvatars
{
    Task<byte[]?> Read(PortalId portal, CancellationToken ct);

    /// <summary>Stores the bytes when the session commits; null deletes them.</summary>
    void Keep(IDocumentSession session, ReadOnlyMemory<byte>? bytes);
}
