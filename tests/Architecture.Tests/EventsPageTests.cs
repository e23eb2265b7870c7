using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Architecture.Tests;

/// <summary>docs/events.md names every event with its members, and nothing else.</summary>
public sealed partial class EventsPageTests
{
    [Fact]
    public void The_page_is_the_code()
    {
        var inCode = Source.Domain.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(DomainEvent)) && !type.IsAbstract)
            .Select(type =>
                $"{type.GetCustomAttribute<WireNameAttribute>()!.Name}: {string.Join(' ', type.GetProperties().Where(p => p.Name != "EqualityContract").Select(Member))}");
        var onPage = Row().Matches(File.ReadAllText(Path.Combine(Source.Root, "docs/events.md")))
            .Select(row => $"{row.Groups["type"].Value}: {row.Groups["members"].Value.Replace("`", "", StringComparison.Ordinal).Trim()}");
        Assert.Equal(inCode.Order(), onPage.Order());
    }

    private static string Member(PropertyInfo property)
    {
        var mayBeNull = new NullabilityInfoContext().Create(property).ReadState == NullabilityState.Nullable;
        return JsonNamingPolicy.CamelCase.ConvertName(property.Name) + (mayBeNull ? "?" : "");
    }

    [GeneratedRegex(@"^\| `(?<type>[a-z]+(?:_[a-z]+)+)` \| (?<members>`[^|]+)\|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
