using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Apps;

/// <summary>The values that the header templates of one request may contain.</summary>
public readonly record struct TemplateValues(
    string ClientType, string ClientId, string ClientName, string PortalId, string PortalShortId, string PortalDomain, string PortalPublicKeyPem);

/// <summary>
/// A text with placeholders such as <c>{{ auth.client_id }}</c> or <c>{{ portal.id[:6] }}</c>. The syntax is a small, closed subset of Jinja, so
/// that a description cannot use anything but the values listed here.
/// </summary>
public sealed class HeaderTemplate
{
    private const string Prefix = "X-Ptl-";
    private const int MaxLength = 4096;
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");
    private readonly Part[] parts;
    private readonly string? constant;

    private HeaderTemplate(Part[] parts)
    {
        this.parts = parts;
        constant = parts.All(part => part.Field is Field.Text) ? Safe(string.Concat(parts.Select(part => part.Text))) : null;
    }

    private enum Field
    {
        Text,
        Nothing,
        ClientType,
        ClientId,
        ClientName,
        PortalId,
        PortalShortId,
        PortalDomain,
        PortalPublicKeyPem,
    }

    /// <summary>The unknown names in the template. They render as an empty text, as in the original core.</summary>
    public IEnumerable<string> UnknownNames => parts.Where(part => part.Field == Field.Nothing).Select(part => part.Text);

    public bool NamesTheClient => parts.Any(part => part.Field == Field.ClientId);

    /// <summary>
    /// Whether a header may be sent to an app: its name has only letters, digits and dashes, and begins with <c>X-Ptl-</c>. An app could take
    /// any other for something else, or for another spelling of one of these. A description cannot set the header of the proxy's secret.
    /// </summary>
    public static bool MayBeSent(string header) =>
        header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && header.Length > Prefix.Length
        && !header.AsSpan().ContainsAnyExcept(NameCharacters) && !header.Equals(ProxySecret.Header, StringComparison.OrdinalIgnoreCase);

    /// <exception cref="RefusedException"><c>app_meta_invalid</c>. The message has the column.</exception>
    public static HeaderTemplate Compile(string template)
    {
        if (template.Length > MaxLength)
            throw AppMeta.Refuse($"a header template has at most {MaxLength} characters");

        var text = template.EndsWith('\n') ? template[..^1] : template;
        var parts = new List<Part>();
        var at = 0;
        while (at < text.Length)
        {
            var open = NextOpening(text, at);
            if (open > at)
                parts.Add(new Part(Field.Text, text[at..open], null));
            if (open == text.Length)
                break;

            var close = text.IndexOf("}}", open + 2, StringComparison.Ordinal);
            if (text[open + 1] != '{' || close < 0)
                throw Unreadable(text, open);

            parts.Add(Expression(text[(open + 2)..close].Trim(' ', '\t'), text, open));
            at = close + 2;
        }

        return new HeaderTemplate([.. parts]);
    }

    /// <summary>Fills in the values. Control characters become spaces and the ends are trimmed, so that the result is a valid field value.</summary>
    public string Render(in TemplateValues values)
    {
        if (constant is not null)
            return constant;
        if (parts is [{ Length: null } only])
            return Safe(Value(only, values));

        var rendered = new DefaultInterpolatedStringHandler(0, 0, CultureInfo.InvariantCulture, stackalloc char[256]);
        foreach (var part in parts)
            rendered.AppendLiteral(part.Length is { } length ? First(length, Value(part, values)) : Value(part, values));

        return Safe(rendered.ToStringAndClear());
    }

    /// <summary>Replaces control characters by spaces and trims the ends. Other characters are kept.</summary>
    public static string Safe(string value)
    {
        var clean = value.AsSpan().ContainsAnyInRange('\0', '\u001F') || value.AsSpan().ContainsAnyInRange('\u007F', '\u009F')
            ? string.Create(value.Length, value, static (to, from) =>
            {
                for (var i = 0; i < to.Length; i++)
                    to[i] = char.IsControl(from[i]) ? ' ' : from[i];
            })
            : value;
        return clean.Trim(' ');
    }

    private static int NextOpening(string text, int from)
    {
        for (var i = text.IndexOf('{', from); i >= 0 && i + 1 < text.Length; i = text.IndexOf('{', i + 1))
        {
            if (text[i + 1] is '{' or '%' or '#')
                return i;
        }

        return text.Length;
    }

    private static Part Expression(string expression, string template, int column)
    {
        int? length = null;
        var name = expression;
        if (expression.EndsWith(']') && expression.IndexOf('[', StringComparison.Ordinal) is > 0 and var open)
        {
            name = expression[..open];
            var slice = expression[(open + 1)..^1];
            if (slice is not [':', .. { Length: > 0 and <= 4 } digits] || !digits.All(char.IsAsciiDigit))
                throw Unreadable(template, column);
            length = int.Parse(digits, CultureInfo.InvariantCulture);
        }

        var field = name switch
        {
            "auth.client_type" => Field.ClientType,
            "auth.client_id" => Field.ClientId,
            "auth.client_name" => Field.ClientName,
            "portal.id" => Field.PortalId,
            "portal.short_id" => Field.PortalShortId,
            "portal.domain" => Field.PortalDomain,
            "portal.public_key_pem" => Field.PortalPublicKeyPem,
            _ when length is null && IsPlainName(name) => Field.Nothing,
            _ => throw Unreadable(template, column),
        };
        return new Part(field, field == Field.Nothing ? name : "", length);
    }

    /// <summary>Whether this is one word, or a member of <c>auth</c> or <c>portal</c>. A deeper name fails in the original core, too.</summary>
    private static bool IsPlainName(string name)
    {
        var word = name.StartsWith("auth.", StringComparison.Ordinal) ? name[5..]
            : name.StartsWith("portal.", StringComparison.Ordinal) ? name[7..]
            : name;
        return word is not ("" or "auth" or "portal" or "self" or "true" or "false" or "none" or "True" or "False" or "None")
            && word is [var first, ..] && (char.IsAsciiLetter(first) || first == '_')
            && !word.StartsWith("__", StringComparison.Ordinal) && word.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
    }

    private static string Value(in Part part, in TemplateValues values) => part.Field switch
    {
        Field.Text => part.Text,
        Field.ClientType => values.ClientType,
        Field.ClientId => values.ClientId,
        Field.ClientName => values.ClientName,
        Field.PortalId => values.PortalId,
        Field.PortalShortId => values.PortalShortId,
        Field.PortalDomain => values.PortalDomain,
        Field.PortalPublicKeyPem => values.PortalPublicKeyPem,
        _ => "",
    };

    /// <param name="count">In code points, as in Python.</param>
    private static string First(int count, string value)
    {
        var units = 0;
        for (; count > 0 && units < value.Length; count--)
            units += char.IsHighSurrogate(value[units]) && units + 1 < value.Length ? 2 : 1;

        return value[..units];
    }

    private static RefusedException Unreadable(string template, int column) => AppMeta.Refuse(
        $"column {column + 1} of the template '{(template.Length > 60 ? template[..60] + "…" : template)}' is not understood; "
        + "a template may contain text, {{ auth.client_type }}, {{ auth.client_id }}, {{ auth.client_name }}, {{ portal.id }}, "
        + "{{ portal.short_id }}, {{ portal.domain }}, {{ portal.public_key_pem }}, and [:n] after a name for its first n characters");

    /// <param name="Length">The length of the slice in code points, or null for the whole value.</param>
    private readonly record struct Part(Field Field, string Text, int? Length);
}
