using System.Collections.Immutable;
using PeerRegistry.Application.SignedCalls;

namespace PeerRegistry.Infrastructure.HttpSignatures;

/// <summary>A component that a profile requires or allows.</summary>
/// <param name="Argument">The value of the parameter <c>key</c>, or empty if it has none.</param>
internal readonly record struct Expected(string Name, ComponentFlags Flags = ComponentFlags.None, string Argument = "", bool IsOptional = false)
{
    /// <summary>The component identifier in the spelling that we write (RFC 9421 section 2).</summary>
    internal string Identifier { get; } =
        $"\"{Name}\"{(Flags.HasFlag(ComponentFlags.OfRequest) ? ";req" : "")}{(Flags.HasFlag(ComponentFlags.Key) ? $";key=\"{Argument}\"" : "")}";
}

/// <summary>The requirements for a signature in one place (docs/protocol.md).</summary>
/// <param name="Tag">The required tag, or null if there must be none, as in signatures of the original core.</param>
/// <param name="MaxAge">In seconds since <c>created</c>.</param>
internal sealed record SignatureProfile(string? Tag, int MaxAge, ImmutableArray<Expected> Components)
{
    internal const string PeerTag = "portal-peer";
    internal const string OnceTag = "portal-peer-once";
    internal const string CoreTag = "portal-core";
    internal const string KeyComponent = "idempotency-key";
    internal const string CoreResponseTag = SignedAnswers.CoreTag;
    internal const string PeerResponseTag = "portal-peer-response";

    /// <summary>How many seconds a sender's clock may be ahead of ours.</summary>
    internal const int MaxAhead = 5;

    /// <summary>The seconds from <c>created</c> to <c>expires</c> in our own signatures.</summary>
    internal const int Life = 60;

    private static readonly ImmutableArray<Expected> OfRequest = [new("@method"), new("@authority"), new("@target-uri"), new("content-digest")];

    internal static readonly SignatureProfile App = new(PeerTag, 60, OfRequest);

    /// <summary>A call that is to be delivered once: the signature also covers the key by which it is recognized.</summary>
    internal static readonly SignatureProfile AppOnce = new(OnceTag, 60, [.. OfRequest, new(KeyComponent)]);

    internal static readonly SignatureProfile Core = new(CoreTag, 60, OfRequest);

    internal static readonly SignatureProfile Original = new(null, 300,
    [
        .. OfRequest[..^1],
        new("content-digest", IsOptional: true),
        new("date", IsOptional: true),
        new("authorization", IsOptional: true),
    ]);

    private static readonly ImmutableArray<Expected> OfResponse =
    [
        new("@status"), new("content-digest"), new("@method", ComponentFlags.OfRequest), new("@target-uri", ComponentFlags.OfRequest),
    ];

    private static readonly SignatureProfile ResponseToUnsigned = new(CoreResponseTag, 60, OfResponse);

    private static readonly SignatureProfile UsualPeerResponse = ToSigned(PeerResponseTag, SignatureMaker.Label);

    /// <summary>Whether the tag is one of ours. Signatures with other tags, such as those of a proxy, are ignored.</summary>
    internal static bool IsOurs(ReadOnlySpan<char> tag) => tag is PeerTag or OnceTag or CoreTag or CoreResponseTag or PeerResponseTag;

    internal static SignatureProfile Of(VerificationPlace place) => place == VerificationPlace.App ? App : Core;

    /// <summary>The profile of a response of the core.</summary>
    /// <param name="requestLabel">The label of the request's own signature, or null if it had none.</param>
    internal static SignatureProfile CoreResponse(string? requestLabel) =>
        requestLabel is null ? ResponseToUnsigned : ToSigned(CoreResponseTag, requestLabel);

    /// <summary>The profile of a response of an app, signed by the core of its Portal.</summary>
    /// <param name="requestLabel">The label of the request's own signature.</param>
    internal static SignatureProfile PeerResponse(string requestLabel) =>
        requestLabel == SignatureMaker.Label ? UsualPeerResponse : ToSigned(PeerResponseTag, requestLabel);

    private static SignatureProfile ToSigned(string tag, string requestLabel) =>
        new(tag, 60, [.. OfResponse, new("signature", ComponentFlags.OfRequest | ComponentFlags.Key, requestLabel)]);

    /// <summary>The components as an inner list without parameters, in the spelling that we write.</summary>
    internal string List { get; } = $"({string.Join(' ', Components.Select(component => component.Identifier))})";

    /// <summary>Checks that every required component is covered, and none that is not listed.</summary>
    /// <returns>Null on success, otherwise the reason.</returns>
    internal string? Cover(in SignatureInput input)
    {
        var required = 0;
        foreach (var component in input.Components)
        {
            var found = Find(input, component);
            if (found is null)
                return SignatureReasons.ComponentUnexpected;
            if (!found.Value.IsOptional)
                required++;
        }

        foreach (var expected in Components) // no component is covered twice, so counting is enough
            required -= expected.IsOptional ? 0 : 1;

        return required == 0 ? null : SignatureReasons.ComponentMissing;
    }

    private Expected? Find(in SignatureInput input, in Component component)
    {
        foreach (var expected in Components)
        {
            if (component.Flags == expected.Flags && input.Of(component.Name).SequenceEqual(expected.Name)
                && input.Of(component.Argument).SequenceEqual(expected.Argument))
                return expected;
        }

        return null;
    }
}
