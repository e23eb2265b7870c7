using PeerRegistry.Infrastructure.HttpSignatures.StructuredFields;

namespace PeerRegistry.Infrastructure.HttpSignatures;

[Flags]
internal enum ComponentFlags
{
    None = 0,
    Structured = 1,
    Bytes = 2,
    OfRequest = 4,
    Trailer = 8,
    Key = 16,
    Name = 32,

    /// <summary>The component has a parameter that RFC 9421 does not define, or one of the wrong type.</summary>
    Unknown = 64,
}

/// <summary>A covered component (RFC 9421 section 2). The ranges refer to the text of its inner list.</summary>
/// <param name="Argument">The value of the parameter <c>key</c> or <c>name</c>, still escaped.</param>
/// <param name="Whole">The identifier including its parameters.</param>
internal readonly record struct Component(Range Name, Range Argument, ComponentFlags Flags, Range Whole);

/// <summary>
/// One member of <c>Signature-Input</c>: the covered components and the signature's parameters (RFC 9421 section 2.3). Reading fails if a
/// component occurs twice, whatever the order of its parameters, if a parameter occurs twice, or if one that the RFC defines has the wrong type.
/// </summary>
/// <param name="room">Space for <see cref="MaxComponents"/>. Reading fails if there are more.</param>
internal ref struct SignatureInput(Span<Component> room)
{
    internal const int MaxComponents = 32;

    private readonly Span<Component> room = room;
    private int count;
    private int seen;

    internal ReadOnlySpan<char> Text { get; private set; }

    internal readonly ReadOnlySpan<Component> Components => room[..count];

    internal long? Created { get; private set; }

    internal long? Expires { get; private set; }

    internal Optional Nonce { get; private set; }

    internal Optional KeyId { get; private set; }

    internal Optional Algorithm { get; private set; }

    internal Optional Tag { get; private set; }

    /// <summary>Whether the signature has a parameter that RFC 9421 does not define.</summary>
    internal bool HasUnknown { get; private set; }

    internal readonly ReadOnlySpan<char> Of(Range part) => Text[part];

    /// <param name="reader">Positioned at the start of the inner list; on success, it is after the parameters.</param>
    internal bool Read(scoped ref FieldReader reader)
    {
        var start = reader.Position;
        (count, seen, HasUnknown, Created, Expires) = (0, 0, false, null, null);
        Nonce = KeyId = Algorithm = Tag = default;
        if (!reader.Take('(') || !ReadComponents(ref reader, start) || !ReadParameters(ref reader))
            return false;

        Text = reader.Since(start);
        return HasNoDoubles();
    }

    private bool ReadComponents(ref FieldReader reader, int start)
    {
        while (reader.NextInner(count == 0, out var ended))
        {
            if (ended)
                return true;
            if (count == room.Length || !ReadComponent(ref reader, start, out room[count++]))
                return false;
        }

        return false;
    }

    private static bool ReadComponent(ref FieldReader reader, int start, out Component component)
    {
        component = default;
        var from = reader.Position - start;
        if (!reader.ReadBare(out var name) || name.Type != BareType.Text)
            return false;

        var (flags, argument) = (ComponentFlags.None, default(Range));
        var nameEnd = reader.Position - start - 1;
        while (reader.Sees(';'))
        {
            if (!reader.ReadParameter(out var key, out var value))
                return false;

            var flag = FlagOf(key, value);
            if (flag != ComponentFlags.Unknown && flags.HasFlag(flag))
                return false;
            if (flag is ComponentFlags.Key or ComponentFlags.Name)
                argument = (reader.Position - start - 1 - value.Text.Length)..(reader.Position - start - 1);

            flags |= flag;
        }

        component = new Component((from + 1)..nameEnd, argument, flags, from..(reader.Position - start));
        return true;
    }

    private static ComponentFlags FlagOf(ReadOnlySpan<char> key, RawBare value)
    {
        var flag = key switch
        {
            "sf" => ComponentFlags.Structured,
            "bs" => ComponentFlags.Bytes,
            "req" => ComponentFlags.OfRequest,
            "tr" => ComponentFlags.Trailer,
            "key" => ComponentFlags.Key,
            "name" => ComponentFlags.Name,
            _ => ComponentFlags.Unknown,
        };
        var fits = flag is ComponentFlags.Key or ComponentFlags.Name ? value.Type == BareType.Text : value is { Type: BareType.Boolean, Number: 1 };
        return fits ? flag : ComponentFlags.Unknown;
    }

    private bool ReadParameters(ref FieldReader reader)
    {
        while (reader.Sees(';'))
        {
            if (!reader.ReadParameter(out var key, out var value) || !Keep(key, value))
                return false;
        }

        return true;
    }

    private bool Keep(ReadOnlySpan<char> key, RawBare value)
    {
        var (bit, type) = key switch
        {
            "created" => (1, BareType.Integer),
            "expires" => (2, BareType.Integer),
            "nonce" => (4, BareType.Text),
            "keyid" => (8, BareType.Text),
            "alg" => (16, BareType.Text),
            "tag" => (32, BareType.Text),
            _ => (0, value.Type),
        };
        if ((seen & bit) != 0 || value.Type != type)
            return false;

        seen |= bit;
        switch (bit)
        {
            case 1: Created = value.Number; break;
            case 2: Expires = value.Number; break;
            case 4: Nonce = new Optional(value.Text); break;
            case 8: KeyId = new Optional(value.Text); break;
            case 16: Algorithm = new Optional(value.Text); break;
            case 32: Tag = new Optional(value.Text); break;
            default: HasUnknown = true; break;
        }

        return true;
    }

    private readonly bool HasNoDoubles()
    {
        for (var i = 1; i < count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var (a, b) = (room[i], room[j]);
                if (a.Flags == b.Flags && Text[a.Name].SequenceEqual(Text[b.Name]) && Text[a.Argument].SequenceEqual(Text[b.Argument]))
                    return false;
            }
        }

        return true;
    }

    /// <summary>A string parameter, still escaped. The default value is an absent parameter, which differs from an empty one.</summary>
    internal readonly ref struct Optional(ReadOnlySpan<char> text)
    {
        internal ReadOnlySpan<char> Text { get; } = text;

        internal bool IsPresent { get; } = true;
    }
}
