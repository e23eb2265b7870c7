using System.Text.RegularExpressions;

namespace PeerRegistry.Architecture.Tests;

/// <summary>docs/architecture.md walks through real files.</summary>
public sealed partial class ArchitecturePageTests
{
    [Fact]
    public void Every_file_and_folder_that_the_architecture_page_names_exists()
    {
        var named =
            Named().Matches(File.ReadAllText(Path.Combine(Source.Root, "docs/architecture.md"))).Select(match => match.Groups[1].Value).Distinct().ToList();
        Assert.NotEmpty(named);
        Assert.All(named, path => Assert.True(Path.Exists(Path.Combine(Source.Root, path)), path));
    }

    [GeneratedRegex("`((?:src|tests)[/A-Za-z.]*)`")]
    private static partial Regex Named();
}
