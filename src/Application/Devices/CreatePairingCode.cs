using MediatR;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Devices;

/// <param name="Code">Fourteen characters; see <see cref="TypedPairingCode"/>.</param>
/// <param name="Path">The path of the pairing page on the core's host, with the code in it.</param>
public sealed record PairingCode(string Code, DateTimeOffset ExpiresAt, string Path);

/// <summary>Creates a code that pairs one device. It is valid for ten minutes, five tries and a single use, and replaces the previous code.</summary>
public sealed record CreatePairingCode(PortalId Portal) : IRequest<PairingCode>
{
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    internal const int Tries = 5;

    internal static (PairingCode Code, TypedPairingCode Typed) New(TimeProvider clock)
    {
        var text = TypedPairingCode.Create();
        return TypedPairingCode.TryParse(text, out var typed)
            ? (new PairingCode(text, clock.GetUtcNow() + Life, $"/pair?code={text}"), typed)
            : throw new InvalidOperationException("A new pairing code must be readable.");
    }

    internal sealed class Handler(IPairingCodes codes, TimeProvider clock) : IRequestHandler<CreatePairingCode, PairingCode>
    {
        public async Task<PairingCode> Handle(CreatePairingCode c, CancellationToken ct)
        {
            var (code, typed) = New(clock);
            await codes.Put(c.Portal, typed, code.ExpiresAt, Tries, ct);
            return code;
        }
    }
}

/// <summary>The same for a node that starts beside others: a code that can still be used stays, and null is returned.</summary>
public sealed record CreatePairingCodeUnlessThereIsOne(PortalId Portal) : IRequest<PairingCode?>
{
    internal sealed class Handler(IPairingCodes codes, TimeProvider clock) : IRequestHandler<CreatePairingCodeUnlessThereIsOne, PairingCode?>
    {
        public async Task<PairingCode?> Handle(CreatePairingCodeUnlessThereIsOne c, CancellationToken ct)
        {
            var (code, typed) = CreatePairingCode.New(clock);
            return await codes.TryPut(c.Portal, typed, code.ExpiresAt, CreatePairingCode.Tries, ct) ? code : null;
        }
    }
}
