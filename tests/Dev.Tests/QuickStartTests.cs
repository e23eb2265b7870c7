using System.Text.RegularExpressions;

namespace PeerRegistry.Dev.Tests;

/// <summary>Does what the quick start in <c>docs/apps.md</c> says, and nothing else.</summary>
public sealed partial class QuickStartTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(AuthorsFolder.Root, "docs/apps.md"));

    [Theory]
    [InlineData("Python")]
    [InlineData("Node")]
    [InlineData(".NET")]
    public async Task Who_types_what_the_page_says_gets_a_message_from_one_app_to_its_peer(string language)
    {
        using var author = new AuthorsFolder();
        var section = Page[Page.IndexOf($"\n### {language}\n", StringComparison.Ordinal)..];
        var blocks = Block().Matches(section[..section.IndexOf("\n### ", 1, StringComparison.Ordinal)]);
        var said = "";
        foreach (var commands in blocks.Where(block => block.Groups["language"].Value == "sh"))
        {
            using var typed = author.Type(commands.Groups["text"].Value);
            Assert.True(await typed.Ended() == 0, typed.Said);
            said += typed.Said;
        }

        Assert.Contains("Ben received from Anna: Ahoy from Anna!", said, StringComparison.Ordinal);
        var files = Directory.GetFiles(Path.Combine(author.Location, "hello")).Select(File.ReadAllText).ToList();
        Assert.All(
            blocks.Where(block => block.Groups["language"].Value != "sh"),
            shown => Assert.Contains(files, file => file.Contains(shown.Groups["text"].Value, StringComparison.Ordinal)));
        Assert.Empty(Directory.GetFileSystemEntries(author.Temporary, "peerregistry-*"));
    }

    [GeneratedRegex(@"^```(?<language>\w+)\n(?<text>.*?)^```$", RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
