using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Infrastructure.HttpSignatures.StructuredFields;

namespace PeerRegistry.Infrastructure.HttpSignatures;

/// <summary>Finds the one signature of a message that is meant for us.</summary>
internal static class Candidate
{
    private const int MaxLabels = 8;

    /// <summary>
    /// Reads all of <c>Signature-Input</c> and finds the one member with a tag of ours or without a tag. A repeated label, more than
    /// <see cref="MaxLabels"/> labels, and a second candidate are ambiguous.
    /// </summary>
    /// <returns>Null on success, otherwise the reason.</returns>
    internal static string? FindInput(ReadOnlySpan<char> field, ref SignatureInput input, out ReadOnlySpan<char> label)
    {
        label = default;
        Span<Range> labels = stackalloc Range[MaxLabels];
        var (count, candidates, others, place) = (0, 0, 0, 0);
        var reader = new FieldReader(field);
        reader.SkipSpaces();
        for (var more = !reader.AtEnd; more;)
        {
            if (!reader.ReadKey(out var key) || !reader.Take('='))
                return SignatureReasons.Malformed;

            foreach (var earlier in labels[..count])
            {
                if (field[earlier].SequenceEqual(key))
                    return SignatureReasons.Ambiguous;
            }

            if (count == MaxLabels)
                return SignatureReasons.Ambiguous;

            var start = reader.Position;
            labels[count++] = (start - 1 - key.Length)..(start - 1);
            if (!input.Read(ref reader))
                return SignatureReasons.Malformed;

            if (input.Tag.IsPresent && !SignatureProfile.IsOurs(input.Tag.Text))
            {
                others++;
            }
            else
            {
                if (++candidates > 1)
                    return SignatureReasons.Ambiguous;

                label = key;
                place = start;
            }

            if (!reader.NextMember(out more))
                return SignatureReasons.Malformed;
        }

        if (candidates == 0)
            return others > 0 ? SignatureReasons.TagWrong : SignatureReasons.Missing;
        if (others > 0)
            Reread(field, place, ref input);

        return null;
    }

    /// <summary>Reads all of <c>Signature</c> and finds the bytes under the label.</summary>
    /// <returns>Null on success, otherwise the reason.</returns>
    internal static string? FindSignature(ReadOnlySpan<char> field, ReadOnlySpan<char> label, out ReadOnlySpan<char> base64)
    {
        base64 = default;
        var found = false;
        var reader = new FieldReader(field);
        reader.SkipSpaces();
        for (var more = !reader.AtEnd; more;)
        {
            if (!reader.ReadKey(out var key) || !reader.Take('=') || !reader.ReadBare(out var value) || value.Type != BareType.Bytes)
                return SignatureReasons.Malformed;
            if (key.SequenceEqual(label))
            {
                if (found)
                    return SignatureReasons.Ambiguous;

                found = true;
                base64 = value.Text;
            }

            if (!reader.NextMember(out more))
                return SignatureReasons.Malformed;
        }

        return found ? null : SignatureReasons.Missing;
    }

    private static void Reread(ReadOnlySpan<char> field, int place, ref SignatureInput input)
    {
        var reader = new FieldReader(field);
        reader.MoveTo(place);
        input.Read(ref reader);
    }
}
