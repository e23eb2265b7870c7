using System.Text;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Infrastructure.HttpSignatures.StructuredFields;

namespace PeerRegistry.Infrastructure.HttpSignatures;

/// <summary>Writes the value of one component (RFC 9421 sections 2.1, 2.2 and 2.4).</summary>
internal static class ComponentValue
{
    private const ComponentFlags FieldFlags =
        ComponentFlags.Structured | ComponentFlags.Bytes | ComponentFlags.OfRequest | ComponentFlags.Trailer | ComponentFlags.Key;

    /// <returns>Null on success, otherwise the reason why the component has no value.</returns>
    internal static string? Write(
        ref AsciiWriter to, ReadOnlySpan<char> name, ComponentFlags flags, ReadOnlySpan<char> argument, in SignedMessage message)
    {
        if (flags.HasFlag(ComponentFlags.OfRequest) && message.Status is null)
            return SignatureReasons.ComponentUnknown; // only a response can cover components of its request

        return name is ['@', ..] ? WriteDerived(ref to, name, flags, argument, message) : WriteField(ref to, name, flags, argument, message);
    }

    private static string? WriteDerived(
        ref AsciiWriter to, ReadOnlySpan<char> name, ComponentFlags flags, ReadOnlySpan<char> argument, in SignedMessage message)
    {
        var parameters = flags & ~ComponentFlags.OfRequest;
        var ofAnswer = message.Status is not null && !flags.HasFlag(ComponentFlags.OfRequest);
        if (parameters != (name is "@query-param" ? ComponentFlags.Name : ComponentFlags.None) || (name is "@status") != ofAnswer)
            return SignatureReasons.ComponentUnknown;
        if (ofAnswer)
        {
            to.Write(message.Status!.Value);
            return null;
        }

        if (message.Request is not { } request)
            return SignatureReasons.ComponentMissing;

        switch (name)
        {
            case "@method":
                to.Write(request.Method);
                return null;
            case "@authority":
                to.WriteLower(Authority(request));
                return null;
            case "@scheme":
                to.WriteLower(request.Scheme);
                return null;
            case "@target-uri":
                to.WriteLower(request.Scheme);
                to.Write("://"u8);
                to.WriteLower(Authority(request));
                to.Write(request.Target);
                return null;
            case "@request-target":
                to.Write(message.RequestTarget ?? request.Target);
                return null;
            case "@path":
                to.Write(PathOf(request.Target) is { IsEmpty: false } path ? path : "/");
                return null;
            case "@query":
                to.Write("?"u8);
                to.Write(QueryOf(request.Target));
                return null;
            case "@query-param":
                return QueryParameter.Write(ref to, QueryOf(request.Target).ToString(), FieldParser.Unescape(argument));
            default:
                return SignatureReasons.ComponentUnknown;
        }
    }

    private static string? WriteField(
        ref AsciiWriter to, ReadOnlySpan<char> name, ComponentFlags flags, ReadOnlySpan<char> argument, in SignedMessage message)
    {
        var asBytes = flags.HasFlag(ComponentFlags.Bytes);
        var asStructure = (flags & (ComponentFlags.Structured | ComponentFlags.Key)) != ComponentFlags.None;
        if ((flags & ~FieldFlags) != ComponentFlags.None || (asBytes && asStructure) || name.ContainsAnyInRange('A', 'Z') || name.IsEmpty)
            return SignatureReasons.ComponentUnknown;

        var fields = flags.HasFlag(ComponentFlags.OfRequest) ? message.Request?.Fields : message.Fields;
        if (flags.HasFlag(ComponentFlags.Trailer))
            fields = flags.HasFlag(ComponentFlags.OfRequest) ? null : message.Trailers;

        var field = NameOf(name);
        if (fields?.Get(field) is not { Count: > 0 } values)
            return SignatureReasons.ComponentMissing;
        if (asStructure)
        {
            var key = flags.HasFlag(ComponentFlags.Key) ? FieldParser.Unescape(argument) : null;
            return WriteStructured(ref to, values, message.TypeOf?.Invoke(field) ?? KnownType(field), key);
        }

        for (var i = 0; i < values.Count; i++)
        {
            if (i > 0)
                to.Write(", "u8);

            var value = Unfold(values[i].AsSpan().Trim(" \t\r\n"));
            if (asBytes)
                to.Write($":{Convert.ToBase64String(Encoding.Latin1.GetBytes(value.ToString()))}:");
            else
                to.Write(value);
        }

        return null;
    }

    private static string? WriteStructured(ref AsciiWriter to, IReadOnlyList<string> values, FieldType? type, string? key)
    {
        if (type is null || (key is not null && type != FieldType.Dictionary))
            return SignatureReasons.ComponentUnknown;

        try
        {
            var field = FieldParser.Parse(string.Join(", ", values), type.Value);
            if (key is null)
            {
                to.Write(FieldSerializer.Serialize(field));
                return null;
            }

            if (field.Find(key) is not { } member)
                return SignatureReasons.ComponentMissing;

            to.Write(FieldSerializer.Serialize(member));
            return null;
        }
        catch (StructuredFieldException)
        {
            return SignatureReasons.ComponentMalformed;
        }
    }

    /// <summary>Removes the scheme's default port (RFC 9110 section 4.2.3).</summary>
    private static ReadOnlySpan<char> Authority(ReceivedRequest request)
    {
        var authority = request.Authority.AsSpan();
        var suffix = request.Scheme.Equals("https", StringComparison.OrdinalIgnoreCase) ? ":443" : ":80";
        return authority.EndsWith(suffix, StringComparison.Ordinal) ? authority[..^suffix.Length] : authority;
    }

    private static ReadOnlySpan<char> PathOf(ReadOnlySpan<char> target) => target.IndexOf('?') is var mark and >= 0 ? target[..mark] : target;

    private static ReadOnlySpan<char> QueryOf(ReadOnlySpan<char> target) => target.IndexOf('?') is var mark and >= 0 ? target[(mark + 1)..] : [];

    /// <summary>Joins a folded line with one space (RFC 9421 section 2.1).</summary>
    private static ReadOnlySpan<char> Unfold(ReadOnlySpan<char> value)
    {
        if (!value.ContainsAny('\r', '\n'))
            return value;

        var lines = value.ToString().Split("\r\n");
        for (var i = 0; i < lines.Length; i++)
        {
            if (i > 0 && lines[i] is not [' ' or '\t', ..])
                return value; // a line break outside a fold, which the writer reports as invalid

            lines[i] = lines[i].Trim(' ', '\t');
        }

        return string.Join(' ', lines);
    }

    private static string NameOf(ReadOnlySpan<char> name) => name switch
    {
        "content-digest" => "content-digest",
        "authorization" => "authorization",
        "signature" => "signature",
        "date" => "date",
        _ => name.ToString(),
    };

    private static FieldType? KnownType(string name) => name switch
    {
        "content-digest" or "repr-digest" or "signature" or "signature-input" or "accept-signature" or "priority" => FieldType.Dictionary,
        _ => null,
    };
}
