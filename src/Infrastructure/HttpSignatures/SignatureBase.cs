using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Infrastructure.HttpSignatures.StructuredFields;

namespace PeerRegistry.Infrastructure.HttpSignatures;

/// <summary>A request or an answer as a signature sees it.</summary>
/// <param name="Request">The request itself, or the one that is answered; null: an answer to nothing that we know.</param>
/// <param name="Status">Of an answer; null: a request.</param>
internal readonly record struct SignedMessage(ReceivedRequest? Request, int? Status, IFields Fields)
{
    public IFields? Trailers { get; init; }

    /// <summary>As on the request line, where that is not the origin-form (RFC 9112 section 3.2).</summary>
    public string? RequestTarget { get; init; }

    /// <summary>What fields hold beyond those that are known everywhere.</summary>
    public Func<string, FieldType?>? TypeOf { get; init; }

    public static SignedMessage Of(in ReceivedRequest request) => new(request, null, request.Fields);
}

/// <summary>The bytes that are signed (RFC 9421 section 2.5).</summary>
internal static class SignatureBase
{
    /// <returns>
    /// Null when all is written; else <c>component_unknown</c> (not defined, or parameters that do not go together),
    /// <c>component_missing</c> (not in the message) or <c>component_malformed</c> (there, but without one clear ASCII value).
    /// </returns>
    internal static string? Write(ref AsciiWriter to, in SignatureInput input, in SignedMessage message)
    {
        foreach (var component in input.Components)
        {
            Copy(input.Of(component.Whole), ref to);
            to.Write(": "u8);
            if (ComponentValue.Write(ref to, input.Of(component.Name), component.Flags, input.Of(component.Argument), message) is { } reason)
                return reason;

            to.Write("\n"u8);
        }

        to.Write("\"@signature-params\": "u8);
        Copy(input.Text, ref to);
        return to.Spoiled ? SignatureReasons.ComponentMalformed : null;
    }

    /// <summary>The same for what we sign: all components of the profile.</summary>
    /// <param name="signatureParams">In canonical spelling.</param>
    internal static string? Write(ref AsciiWriter to, SignatureProfile profile, ReadOnlySpan<char> signatureParams, in SignedMessage message)
    {
        foreach (var component in profile.Components)
        {
            to.Write(component.Identifier);
            to.Write(": "u8);
            if (ComponentValue.Write(ref to, component.Name, component.Flags, component.Argument, message) is { } reason)
                return reason;

            to.Write("\n"u8);
        }

        to.Write("\"@signature-params\": "u8);
        to.Write(signatureParams);
        return to.Spoiled ? SignatureReasons.ComponentMalformed : null;
    }

    /// <summary>Writes an item or inner list that has been read before in its canonical spelling.</summary>
    private static void Copy(ReadOnlySpan<char> checkedText, ref AsciiWriter to)
    {
        var reader = new FieldReader(checkedText);
        if (reader.Take('('))
        {
            to.Write("("u8);
            for (var first = true; reader.NextInner(first, out var ended) && !ended; first = false)
            {
                if (!first)
                    to.Write(" "u8);
                CopyItem(ref reader, ref to);
            }

            to.Write(")"u8);
            CopyParameters(ref reader, ref to);
        }
        else
        {
            CopyItem(ref reader, ref to);
        }
    }

    private static void CopyItem(ref FieldReader reader, ref AsciiWriter to)
    {
        reader.ReadBare(out var bare);
        CopyBare(bare, ref to);
        CopyParameters(ref reader, ref to);
    }

    private static void CopyParameters(ref FieldReader reader, ref AsciiWriter to)
    {
        while (reader.Sees(';') && reader.ReadParameter(out var key, out var value))
        {
            to.Write(";"u8);
            to.Write(key);
            if (value is { Type: BareType.Boolean, Number: 1 })
                continue;

            to.Write("="u8);
            CopyBare(value, ref to);
        }
    }

    private static void CopyBare(RawBare bare, ref AsciiWriter to)
    {
        switch (bare.Type)
        {
            case BareType.Text:
                to.Write("\""u8);
                to.Write(bare.Text);
                to.Write("\""u8);
                break;
            case BareType.Integer:
                to.Write(bare.Number);
                break;
            default:
                to.Write(FieldSerializer.Serialize(new Member(FieldParser.Decode(bare), null, [])));
                break;
        }
    }
}
