using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Infrastructure.HttpSignatures.StructuredFields;

namespace PeerRegistry.Infrastructure.HttpSignatures;

/// <summary>The signed parts of a request or a response.</summary>
/// <param name="Request">The request itself or, for a response, the request that it answers; null if that request is unknown.</param>
/// <param name="Status">The status of a response, or null for a request.</param>
internal readonly record struct SignedMessage(ReceivedRequest? Request, int? Status, IFields Fields)
{
    public IFields? Trailers { get; init; }

    /// <summary>The target on the request line, or null if it is in origin-form (RFC 9112 section 3.2).</summary>
    public string? RequestTarget { get; init; }

    /// <summary>The types of further structured fields by name, or null if only the registered ones are known.</summary>
    public Func<string, FieldType?>? TypeOf { get; init; }

    public static SignedMessage Of(in ReceivedRequest request) => new(request, null, request.Fields);
}

/// <summary>Writes the bytes that are signed (RFC 9421 section 2.5).</summary>
internal static class SignatureBase
{
    /// <returns>
    /// Null on success, otherwise <c>component_unknown</c> (not defined, or with parameters that exclude each other),
    /// <c>component_missing</c> (not in the message) or <c>component_malformed</c> (in the message, but without one unambiguous ASCII value).
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
        return to.HasInvalidCharacter ? SignatureReasons.ComponentMalformed : null;
    }

    /// <summary>Writes the signature base of our own signature, which covers all components of the profile.</summary>
    /// <param name="signatureParams">The parameters in canonical spelling.</param>
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
        return to.HasInvalidCharacter ? SignatureReasons.ComponentMalformed : null;
    }

    /// <summary>Writes an item or inner list in its canonical spelling.</summary>
    /// <param name="checkedText">The text of an item or inner list that was read without an error before.</param>
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
