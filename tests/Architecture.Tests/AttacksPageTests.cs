using System.Text.RegularExpressions;

namespace PeerRegistry.Architecture.Tests;

/// <summary>docs/attacks.md names for each attack a test, and tests that are there.</summary>
public sealed partial class AttacksPageTests
{
    private static readonly string[] Rows =
        [.. File.ReadLines(Path.Combine(Source.Root, "docs/attacks.md")).Where(IsRow)];

    private static readonly string[] Sources = [.. Source.Files("tests", "*.cs").Select(File.ReadAllText)];

    [Fact]
    public void Every_attack_has_a_test() => Assert.All(Rows, row => Assert.Matches(Named(), row));

    [Fact]
    public void Every_test_is_there() => Assert.All(Rows.SelectMany(row => Named().Matches(row)), named => Assert.True(
        Array.Exists(Sources, text => Regex.IsMatch(text, $@"\bclass {named.Groups["type"]}\b") && Regex.IsMatch(text, $@" {named.Groups["test"]}\(")),
        named.Value));

    private static bool IsRow(string line) =>
        line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| attack |", StringComparison.Ordinal);

    [GeneratedRegex("`(?<type>[A-Za-z]+)\\.(?<test>[A-Z][A-Za-z_]+)`")]
    private static partial Regex Named();
}
