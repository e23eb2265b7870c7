using System.Security.Cryptography;
using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <summary>Sets the icon of an app. A drawing is reduced to what only draws; see <see cref="SvgPicture"/>.</summary>
/// <param name="Bytes">SVG, PNG, JPEG, WebP or GIF, or null to remove the icon.</param>
public sealed record SetAppIcon(PortalId Portal, string App, ReadOnlyMemory<byte>? Bytes) : ICommand
{
    /// <summary>In bytes.</summary>
    public const int MaxLength = 256 * 1024;

    internal sealed class Handler(IDocumentSession session, IAggregates aggregates, IAppIcons icons) : IRequestHandler<SetAppIcon, Unit>
    {
        /// <exception cref="RefusedException"><c>app_unknown</c>; <c>icon_invalid</c>; <c>icon_too_large</c></exception>
        public async Task<Unit> Handle(SetAppIcon c, CancellationToken ct)
        {
            var (type, bytes) = c.Bytes is { } given ? Read(given) : (null, (byte[]?)null);
            var app = await aggregates.LoadApp(session, c.App, ct);
            if (app.Append(Domain.Apps.App.SetIcon(app.State, c.App, type, bytes is null ? null : Convert.ToHexStringLower(SHA256.HashData(bytes)))))
                icons.Keep(session, c.App, bytes);
            return Unit.Value;
        }

        private static (string Type, byte[] Bytes) Read(ReadOnlyMemory<byte> given)
        {
            if (given.Length > MaxLength)
                throw new RefusedException(RefusalKind.TooLarge, "icon_too_large", "An icon has at most 256 KiB.");
            if (SvgPicture.Reduce(given.Span) is { } drawing)
                return (SvgPicture.MediaType, drawing);

            try
            {
                return (AvatarImage.Sniff(given.Span).MediaType, given.ToArray());
            }
            catch (RefusedException)
            {
                throw new RefusedException(RefusalKind.Invalid, "icon_invalid", "An icon is a complete SVG, PNG, JPEG, WebP or GIF picture, with nothing else in the file.");
            }
        }
    }
}

/// <summary>Table <c>app_icons</c>. Events have only their hash.</summary>
public interface IAppIcons
{
    Task<byte[]?> Read(PortalId portal, string app, CancellationToken ct);

    /// <summary>Stores the bytes when the session commits, or deletes them if null.</summary>
    void Keep(IDocumentSession session, string app, byte[]? bytes);
}
