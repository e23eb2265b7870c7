using MediatR;
using PeerRegistry.Application.Kernel;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Devices;

/// <param name="Code">Fourteen characters; see <see cref="TypedPairingCode"/>.</param>
/// <param name="Path">Where a browser goes on the core's own host, with the code in it.</param>
public sealed record PairingCode(string Code, DateTimeOffset ExpiresAt, string Path);

/// <summary>Makes a code that pairs one device: good for ten minutes, five tries and a single use. It replaces the code before it.</summary>
public sealed record CreatePairingCode(PortalId Portal) : IRequest<PairingCode>
{
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    private const int Tries = 5;

    internal sealed class Handler(IPairingCodes codes, TimeProvider clock) : IRequestHandler<CreatePairingCode, PairingCode>
    {
        public async Task<PairingCode> Handle(CreatePairingCode c, CancellationToken ct)
        {
            var text = TypedPairingCode.Create();
            var expiresAt = clock.GetUtcNow() + Life;
            if (!TypedPairingCode.TryParse(text, out var code))
                throw new InvalidOperationException("A new pairing code must be readable.");
            await codes.Put(c.Portal, code, expiresAt, Tries, ct);
            return new PairingCode(text, expiresAt, $"/pair?code={text}");
        }
    }
}
