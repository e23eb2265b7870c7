using System.Security.Cryptography;
using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Portals;

/// <param name="Bytes">A picture as <see cref="UploadedPicture"/> allows it, or null to delete the avatar.</param>
public sealed record SetAvatar(PortalId Portal, ReadOnlyMemory<byte>? Bytes) : ICommand
{
    internal sealed class Handler(IDocumentSession session, IAggregates aggregates, IAvatars avatars, IPictures pictures) : IRequestHandler<SetAvatar, Unit>
    {
        public async Task<Unit> Handle(SetAvatar c, CancellationToken ct)
        {
            var made = c.Bytes is { } bytes ? await pictures.MakeAvatar(bytes, ct) : null;
            var sha256 = made is null ? null : Convert.ToHexStringLower(SHA256.HashData(made));
            var portal = await aggregates.LoadPortal(session, ct);
            if (portal.Append(Profile.ChangeAvatar(portal.State, made is null ? null : AvatarImage.Sniff(made).MediaType, sha256)))
                avatars.Keep(session, made);
            return Unit.Value;
        }
    }
}

/// <summary>Table <c>avatars</c>, one for each Portal. Events have only their hash.</summary>
public interface IAvatars
{
    Task<byte[]?> Read(PortalId portal, CancellationToken ct);

    /// <summary>Stores the bytes when the session commits, or deletes them if null.</summary>
    void Keep(IDocumentSession session, ReadOnlyMemory<byte>? bytes);
}
