using System.Diagnostics;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Circles;

/// <summary>A group of peers with a name, such as "family". It is the owner's alone: nobody else ever learns of it.</summary>
public sealed record Circle(CircleId Id, string Name, DateTimeOffset CreatedAt);

/// <summary>All circles of a Portal. They share one stream, so that no two of them get the same name.</summary>
/// <param name="All">In the order in which they were created.</param>
public sealed record CircleList(IReadOnlyList<Circle> All) : IAggregate<CircleList, CircleEvent>
{
    public const int MaxCircles = 100;

    /// <summary>In UTF-16 code units.</summary>
    public const int MaxName = 60;

    public const string Stream = "circles";

    public const string NameRule = "A circle's name has 1 to 60 visible characters on one line, and no character that controls the surrounding text.";

    public static readonly CircleList Empty = new([]);

    public static CircleList? Evolve(CircleList? circles, CircleEvent happened, DateTimeOffset at)
    {
        var all = (circles ?? Empty).All;
        return new CircleList(happened switch
        {
            CircleCreated e => [.. all, new Circle(e.Circle, e.Name, at)],
            CircleRenamed e => [.. all.Select(circle => circle.Id == e.Circle ? circle with { Name = e.Name } : circle)],
            CircleRemoved e => [.. all.Where(circle => circle.Id != e.Circle)],
            _ => throw new UnreachableException(happened.GetType().Name),
        });
    }

    public static bool IsName(string? name) => name is { Length: <= MaxName } && DisplayName.IsValid(name);

    /// <exception cref="RefusedException"><c>circle_limit</c>; <c>circle_name_taken</c></exception>
    public static IReadOnlyList<CircleEvent> Create(CircleList? circles, CircleId id, string name)
    {
        if (circles is { All.Count: >= MaxCircles })
        {
            throw new RefusedException(RefusalKind.Conflict, "circle_limit",
                $"You have {MaxCircles} circles, which is the most. Remove one that you no longer use.");
        }

        RequireFree(circles, id, name);
        return [new CircleCreated(id, name)];
    }

    /// <exception cref="RefusedException"><c>circle_unknown</c>; <c>circle_name_taken</c></exception>
    public static IReadOnlyList<CircleEvent> Rename(CircleList? circles, CircleId id, string name)
    {
        if (Require(circles, id).Name == name)
            return [];

        RequireFree(circles, id, name);
        return [new CircleRenamed(id, name)];
    }

    /// <exception cref="RefusedException"><c>circle_unknown</c></exception>
    public static IReadOnlyList<CircleEvent> Remove(CircleList? circles, CircleId id) => [new CircleRemoved(id, Require(circles, id).Name)];

    /// <summary>All of them in the order in which a page shows them.</summary>
    public IEnumerable<Circle> ByName() => All.OrderBy(circle => Likeness.Of(circle.Name), StringComparer.Ordinal);

    /// <summary>The circles that a peer is in, without those that were removed since.</summary>
    public IEnumerable<Circle> In(CircleSet circles) => All.Where(circle => circles.Contains(circle.Id));

    public Circle? Find(CircleId id) => All.FirstOrDefault(circle => circle.Id == id);

    /// <exception cref="RefusedException"><c>circle_unknown</c></exception>
    public static Circle Require(CircleList? circles, CircleId id) => circles?.Find(id) ?? throw Unknown();

    public static RefusedException Unknown() => new(RefusalKind.NotFound, "circle_unknown", "There is no such circle.");

    private static void RequireFree(CircleList? circles, CircleId id, string name)
    {
        var likeness = Likeness.Of(name);
        if (circles?.All.FirstOrDefault(other => other.Id != id && Likeness.Of(other.Name) == likeness) is { } taken)
        {
            throw new RefusedException(RefusalKind.Conflict, "circle_name_taken",
                $"You already have a circle called “{taken.Name}”. Case and accents make no difference.");
        }
    }
}
