using System.Security.Cryptography;
using MediatR;
using PeerRegistry.Application.Kernel;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Devices;

/// <param name="Code">Eight characters: 40 random bits.</param>
/// <param name="Path">Where a browser goes on the core's own host, with the code in it.</param>
public sealed record PairingCode(string Code, DateTimeOffset ExpiresAt, string Path);

/// <summary>A code that pairs one device: ten minutes, five tries, single use. It replaces the one before.</summary>
public sealed record CreatePairingCode(PortalId Portal) : IRequest<PairingCode>
{
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    private const int Tries = 5;

    internal sealed class Handler(IPairingCodes codes, TimeProvider clock) : IRequestHandler<CreatePairingCode, PairingCode>
    {
        public async Task<PairingCode> Handle(CreatePairingCode c, CancellationToken ct)
        {
            var code = HumanEncoding.Encode(RandomNumberGenerator.GetBytes(5));
            var expiresAt = clock.GetUtcNow() + Life;
            await codes.Put(c.Portal, TokenHash.Of(code), expiresAt, Tries, ct);
            return new PairingCode(code, expiresAt, $"/pair?code={code}");
        }
    }
}
