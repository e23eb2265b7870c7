using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Resources;
using System.Text.RegularExpressions;
using PeerRegistry.Api.Pages;
using PeerRegistry.Api.Peers;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.SignedCalls;

namespace PeerRegistry.Api.Tests.Pages;

/// <summary>What holds for the texts of all pages, whichever resource file they are in.</summary>
public sealed partial class TextsTests
{
    public static TheoryData<string> Files => [.. typeof(PageTexts).Assembly.GetTypes()
        .Where(t => t.GetProperty("ResourceManager", BindingFlags.Public | BindingFlags.Static) is not null).Select(t => t.FullName!)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_text_is_there_in_every_language_with_the_same_values_and_links(string file)
    {
        var texts = new ResourceManager(file, typeof(PageTexts).Assembly);
        var english = Entries(texts, CultureInfo.InvariantCulture);
        var faults = new List<string>();
        foreach (var language in Languages.All.Skip(1))
        {
            var other = Entries(texts, language);
            faults.AddRange(english.Keys.Except(other.Keys).Select(key => $"{key} is missing in {language.Name}"));
            if (english.Count > 0)
                faults.AddRange(other.Keys.Except(english.Keys).Select(key => $"{key} is only in {language.Name}"));
            faults.AddRange(english.Where(e => other.TryGetValue(e.Key, out var text) && !Marks(e.Value).SequenceEqual(Marks(text)))
                .Select(e => $"{e.Key} has other values, links or code in {language.Name}"));
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    /// <summary>The texts of a file that is searched by codes are not named in the source.</summary>
    [Theory]
    [MemberData(nameof(Files))]
    public void Every_text_that_is_read_by_its_name_is_read_somewhere(string file)
    {
        var name = file[(file.LastIndexOf('.') + 1)..];
        var source = string.Join('\n', SourceFiles("*.cs").Concat(SourceFiles("*.razor")).Select(File.ReadAllText));
        if (!source.Contains($"{name}.ResourceManager", StringComparison.Ordinal))
        {
            var keys = Entries(new ResourceManager(file, typeof(PageTexts).Assembly), CultureInfo.InvariantCulture).Keys;
            Assert.All(keys, key => Assert.Matches($@"\b{name}\.(Format)?{key}\b", source));
        }
    }

    [Fact]
    public void No_page_says_anything_that_is_not_in_a_resource_file() =>
        Assert.All(SourceFiles("*.razor"), file => Assert.DoesNotMatch(Words(), File.ReadAllText(file).Split("@code")[0]));

    [Fact]
    public void Every_refusal_that_a_page_can_show_has_a_sentence_in_every_language()
    {
        var codes = SourceFiles("*.cs")
            .SelectMany(f => Code().Matches(File.ReadAllText(f))).Select(m => m.Groups["code"].Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        foreach (var language in Languages.All.Skip(1))
        {
            var translated = Entries(new ResourceManager(typeof(RefusalTexts)), language);
            Assert.Empty(codes.Concat(PeerFault.All.Select(f => f.Code)).Except(translated.Keys));
        }
    }

    [Fact]
    public void Every_cause_of_failure_and_every_reason_of_a_refused_call_has_a_sentence_in_every_language()
    {
        foreach (var language in Languages.All)
        {
            if (language != Languages.English)
                Assert.Empty(PeerFault.All.Select(fault => fault.Code).Append("given_up").Except(Entries(new ResourceManager(typeof(RefusalTexts)), language).Keys));
            var reasons = typeof(SignatureReasons).GetFields().Select(field => (string)field.GetValue(null)!);
            var said = Entries(new ResourceManager(typeof(RefusedCallTexts)), language == Languages.English ? CultureInfo.InvariantCulture : language);
            Assert.Empty(reasons.Except(said.Keys));
        }
    }

    /// <summary>What must be the same in every language: the values, in any order, and how many links, important and code parts there are.</summary>
    private static IEnumerable<string> Marks(string text) =>
        Mark().Matches(text).Select(m => m.Value[0] == '{' ? m.Value : m.Value[..1]).Order(StringComparer.Ordinal);

    private static IEnumerable<string> SourceFiles(string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Root(), "src"), pattern, SearchOption.AllDirectories);

    private static Dictionary<string, string> Entries(ResourceManager texts, CultureInfo language) =>
        texts.GetResourceSet(language, createIfNotExists: true, tryParents: false)?
            .Cast<DictionaryEntry>().ToDictionary(e => (string)e.Key, e => (string)e.Value!) ?? [];

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "PeerRegistry.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return folder;
    }

    [GeneratedRegex(@"\{[0-9][^}]*\}|\[[^\]]+\]|\*\*.+?\*\*|`[^`]+`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Mark();

    /// <summary>Text between two tags, or in an attribute that is read by people.</summary>
    [GeneratedRegex("""<[a-z][^<>]*>\s*[A-Z][a-z]+( [a-z]|<)|\b(Title|Label|Hint|aria-label|placeholder|alt|title)="[A-Z][a-z]""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Words();

    [GeneratedRegex("""RefusalKind\.\w+,\s*"(?<code>[a-z_]+)"|WithErrorCode\("(?<code>[a-z_]+)"\)|new\((status|[45][0-9][0-9]), "(?<code>[a-z_]+)"|=> \("(?<code>[a-z_]+)", """, RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Code();
}
