using System.Collections.Immutable;
using PeerRegistry.Application.SignedCalls;

namespace PeerRegistry.Infrastructure.HttpSignatures;

/// <param name="Argument">Of <c>key</c>.</param>
internal readonly record struct Expected(string Name, ComponentFlags Flags = ComponentFlags.None, string Argument = "", bool IsOptional = false)
{
    /// <summary>As we write it (RFC 9421 section 2).</summary>
    internal string Identifier { get; } =
        $"\"{Name}\"{(Flags.HasFlag(ComponentFlags.OfRequest) ? ";req" : "")}{(Flags.HasFlag(ComponentFlags.Key) ? $";key=\"{Argument}\"" : "")}";
}

/// <summary>What a signature has to be in one place (docs/protocol.md).</summary>
/// <param name="Tag">Null: there must be none, which is how originals sign.</param>
/// <param name="MaxAge">Seconds since <c>created</c>.</param>
internal sealed record SignatureProfile(string? Tag, int MaxAge, ImmutableArray<Expected> Components)
{
    internal const string PeerTag = "portal-peer";
    internal const string CoreTag = "portal-core";
    internal const string AnswerTag = "portal-core-response";

    /// <summary>Seconds that a sender's clock may be ahead of ours.</summary>
    internal const int MaxAhead = 5;

    /// <summary>Seconds from <c>created</c> to <c>expires</c> in what we sign.</summary>
    internal const int Life = 60;

    private static readonly ImmutableArray<Expected> OfRequest = [new("@method"), new("@authority"), new("@target-uri"), new("content-digest")];

    internal static readonly SignatureProfile App = new(PeerTag, 60, OfRequest);

    internal static readonly SignatureProfile Core = new(CoreTag, 60, OfRequest);

    internal static readonly SignatureProfile Original = new(null, 300,
    [
        .. OfRequest[..^1],
        new("content-digest", IsOptional: true),
        new("date", IsOptional: true),
        new("authorization", IsOptional: true),
    ]);

    private static readonly ImmutableArray<Expected> OfAnswer =
    [
        new("@status"), new("content-digest"), new("@method", ComponentFlags.OfRequest), new("@target-uri", ComponentFlags.OfRequest),
    ];

    private static readonly SignatureProfile AnswerToUnsigned = new(AnswerTag, 60, OfAnswer);

    /// <summary>Every tag of ours; signatures with other tags are somebody else's (a proxy's) and are not looked at.</summary>
    internal static bool IsOurs(ReadOnlySpan<char> tag) => tag is PeerTag or CoreTag or AnswerTag;

    internal static SignatureProfile Of(VerificationPlace place) => place == VerificationPlace.App ? App : Core;

    /// <param name="requestLabel">Of the request's own signature; null: it had none.</param>
    internal static SignatureProfile Answer(string? requestLabel) => requestLabel is null
        ? AnswerToUnsigned
        : new(AnswerTag, 60, [.. OfAnswer, new("signature", ComponentFlags.OfRequest | ComponentFlags.Key, requestLabel)]);

    /// <summary>The components as we write them: an inner list without parameters.</summary>
    internal string List { get; } = $"({string.Join(' ', Components.Select(component => component.Identifier))})";

    /// <summary>Every required component once, and no other.</summary>
    /// <returns>Null, or the reason.</returns>
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

        foreach (var expected in Components) // none is covered twice, so counting is enough
            required -= expected.IsOptional ? 0 : 1;

        return required == 0 ? null : SignatureReasons.ComponentMissing;
    }

    private Expected? Find(in SignatureInput input, in Component component)
    {
        foreach (var expected in Components)
        {
            if (component.Flags == expected.Flags && input.Of(component.Name).SequenceEqual(expected.Name) && input.Of(component.Argument).SequenceEqual(expected.Argument))
                return expected;
        }

        return null;
    }
}
