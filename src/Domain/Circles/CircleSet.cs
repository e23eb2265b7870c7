using System.Collections;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PeerRegistry.Domain.Circles;

/// <summary>Some circles, each once, in ordinal order. Two sets with the same circles are equal. In JSON it is an array.</summary>
[JsonConverter(typeof(CircleSetJson))]
public sealed class CircleSet : IReadOnlyCollection<CircleId>, IEquatable<CircleSet>
{
    public static readonly CircleSet Empty = new([]);

    private readonly CircleId[] sorted;

    private CircleSet(CircleId[] sorted) => this.sorted = sorted;

    public int Count => sorted.Length;

    public static CircleSet Of(IEnumerable<CircleId> circles) =>
        circles.Distinct().OrderBy(circle => circle.Value, StringComparer.Ordinal).ToArray() is { Length: > 0 } some ? new(some) : Empty;

    public bool Contains(CircleId circle) => Array.IndexOf(sorted, circle) >= 0;

    /// <summary>Whether a circle is in both sets. The hot path asks this, so it walks through both arrays and allocates nothing.</summary>
    public bool Overlaps(CircleSet other)
    {
        var (own, their) = (0, 0);
        while (own < sorted.Length && their < other.sorted.Length)
        {
            var order = string.CompareOrdinal(sorted[own].Value, other.sorted[their].Value);
            if (order == 0)
                return true;
            if (order < 0)
                own++;
            else
                their++;
        }

        return false;
    }

    public CircleSet With(CircleId circle) => Contains(circle) ? this : Of([.. sorted, circle]);

    public CircleSet Without(CircleId circle) => Contains(circle) ? Of(sorted.Where(other => other != circle)) : this;

    public bool Equals(CircleSet? other) => other is not null && sorted.AsSpan().SequenceEqual(other.sorted);

    public override bool Equals(object? obj) => Equals(obj as CircleSet);

    public override int GetHashCode() => sorted.Length == 0 ? 0 : HashCode.Combine(sorted.Length, sorted[0]);

    public IEnumerator<CircleId> GetEnumerator() => ((IEnumerable<CircleId>)sorted).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => string.Join(' ', sorted);

    private sealed class CircleSetJson : JsonConverter<CircleSet>
    {
        public override CircleSet Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            Of(JsonSerializer.Deserialize<CircleId[]>(ref reader, options) ?? []);

        public override void Write(Utf8JsonWriter writer, CircleSet value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value.sorted, options);
    }
}
